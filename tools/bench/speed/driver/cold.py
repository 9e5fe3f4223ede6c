"""cold.py: from the start of a process to its first prediction, files in the page cache."""

import statistics

import install
import places
import report
import roster
from contender import Contender, Refused
from rounds import note
from streaming import launched

ROUNDS = 21


def row_file(shape):
    """One row as CSV with its header."""
    import array

    path = places.WORK / f"{shape.name}.one.csv"
    numbers = array.array("f", (places.WORK / f"{shape.name}.rows.f32").read_bytes()[: 4 * shape.inputs])
    header = ",".join(f"x{i}" for i in range(shape.inputs))
    path.write_text(header + "\n" + ",".join(f"{number:.6f}" for number in numbers) + "\n")
    return path


def programs(shape, options):
    """Name, and the words of a command that answers one row and ends."""
    yield "Postern", [places.RELEASE / "postern", "predict", places.WORK / f"{shape.name}.f32.moe"]
    for entry in roster.entrants(shape, options.peers):
        # Those in Python would show how long Python takes to start.
        if entry.kind == "routed" and not str(entry.command[0]).endswith("python"):
            yield entry.name, [*entry.command, "once"]


def once(launch, stdin, command):
    """Milliseconds of the world and of the processor."""
    wall, spent, _ = launched(launch, stdin, *command)
    return wall * 1e3, spent * 1e3


def after_open(shape):
    """Microseconds to open the file (map, check, prepare a session) and from there to the first prediction, in a
    process that runs."""
    found = []
    for _ in range(9):
        contender = Contender("first", "postern", [
            places.RELEASE / "speed", "contend", places.WORK / f"{shape.name}.f32.moe",
            places.WORK / f"{shape.name}.rows.f32"])
        contender.has_large_pages = False
        try:
            contender.start()
            found.append((contender.opened / 1e3, (contender.first - contender.opened) / 1e3))
        finally:
            contender.stop()
    return [statistics.median(part) for part in zip(*found)]


def measure(options):
    """Medians of rounds in turns, for S and L."""
    launch = install.compiled("launch", ["launch.c"], ["-O2"])
    text, targets, figures = [], [], {}
    rounds = 7 if options.quick else ROUNDS
    for name in ("S", "L"):
        shape = places.Shape(name)
        stdin = row_file(shape)
        entrants = dict(programs(shape, options))
        times, reasons = {who: [] for who in entrants}, {}
        places.forget()
        for who, command in entrants.items():
            # Once for what comes from the disk.
            try:
                once(launch, stdin, command)
            except RuntimeError as reason:
                reasons[who] = str(reason)
        nothing = [once(launch, stdin, ["true"])[0] for _ in range(rounds)]
        for number in range(rounds):
            note(f"  cold start {name}, round {number + 1}")
            for who, command in entrants.items():
                if who in reasons:
                    continue
                try:
                    times[who].append(once(launch, stdin, command))
                except RuntimeError as reason:
                    reasons[who] = str(reason)
        walls = {who: statistics.median(t[0] for t in found) for who, found in times.items() if found}
        least = {who: min(t[0] for t in found) for who, found in times.items() if found}
        spent = {who: statistics.median(t[1] for t in found) for who, found in times.items() if found}
        try:
            opened, first = after_open(shape)
        except Refused as reason:
            opened, first, reasons["first prediction"] = float("nan"), float("nan"), str(reason)
        figures[name] = {"wall_ms": walls, "least_ms": least, "cpu_ms": spent, "open_us": opened,
                         "first_us": first, "refused": reasons}
        ours = walls["Postern"]
        text += [f"## Cold start, {name}: process start to end, one row", ""]
        text += report.table(
            ["program", "wall clock", "least", "CPU", "its / Postern's"],
            [[who, f"{wall:.2f} ms", f"{least[who]:.2f} ms", f"{spent[who]:.2f} ms",
              f"{wall / ours:.2f}"]
             for who, wall in sorted(walls.items(), key=lambda item: item[1])]
            + [["a process that does nothing (`true`)", f"{statistics.median(nothing):.2f} ms",
                f"{min(nothing):.2f} ms", "", ""]])
        text += [f"* {who}: {reason}" for who, reason in reasons.items()]
        text += [f"Inside a process: {opened:.0f} us to open the file, {first:.0f} us to the first prediction "
                 "behind that.", ""]
        peers = [(wall, who) for who, wall in walls.items() if who != "Postern"]
        best = min(peers, default=(float("nan"), "none"))
        limit = f"{statistics.median(nothing):.2f} ms (`true`)"
        targets.append([f"cold start, {name}", "at most 3 ms", f"{ours:.2f} ms",
                        f"{best[0]:.2f} ms ({best[1]})", limit, f"{best[0] / ours:.2f}",
                        "yes" if ours <= 3 else "NO"])
        targets.append([f"first prediction, {name}", "at most 200 us after open", f"{first:.0f} us", "",
                        "", "", "yes" if first <= 200 else "NO"])
    return {"figures": figures, "text": text, "targets": targets}
