"""streaming.py: a CSV file through each program, rows for a second of the processor's time."""

import statistics

import install
import places
import report
import roster
from rounds import note

COLUMNS = 16


def launched(program, stdin, *command):
    """Seconds of the world and of the processor, and megabytes, of a process."""
    words = places.output("taskset", "-c", places.cores()[-1], program, stdin, *command).split()
    if words[3] != "0":
        raise RuntimeError(f"{command[0]} ended with status {words[3]}: {' '.join(map(str, command))}")
    return int(words[0]) / 1e9, int(words[1]) / 1e6, int(words[2]) / 1e3


def files(rows):
    """The table as CSV and for Vowpal Wabbit, and a model for the latter."""
    tool = install.compiled("csv", ["csv.c"], ["-O2"])
    csv, vw = places.WORK / f"rows{rows}.csv", places.WORK / f"rows{rows}.vw"
    if not csv.exists():
        note(f"  makes {rows} rows")
        places.output(tool, "make", rows, COLUMNS, csv, vw)
    return tool, csv, vw


def programs(rows, options):
    """Name, rows, and a function that gives the processor's seconds and megabytes (or None)."""
    launch = install.compiled("launch", ["launch.c"], ["-O2"])
    tool, csv, vw = files(rows)
    _, short, _ = files(rows // 20)
    null = "/dev/null"

    def whole(*command):
        def run():
            _, spent, size = launched(launch, null, *command)
            return spent, size
        return run

    def script(name, *arguments):
        def run():
            text = places.output("taskset", "-c", places.cores()[-1], places.PYTHON, "-B",
                                 places.PEERS / name, *arguments)
            return float(text.splitlines()[-1].split()[0]), None
        return run

    yield "Postern", rows, whole(places.RELEASE / "postern", "predict", places.WORK / "S.f32.moe", csv)
    yield "strtof loop in C", rows, whole(tool, "read", csv)
    yield "wc -l", rows, whole("wc", "-l", csv)
    if "pandas" not in install.missing:
        yield "pandas.read_csv alone", rows, script("read_csv.py", csv)
    if "vowpalwabbit" not in install.missing:
        model = places.WORK / "linear.vw"
        if not model.exists():
            places.output(places.PYTHON, "-B", places.PEERS / "vw_model.py", vw, model)
        answers = places.WORK / "vw.txt"
        yield "Vowpal Wabbit, linear", rows, whole(
            places.PYTHON, "-m", "vowpalwabbit", "-d", vw, "-t", "-i", model, "-p", answers, "--quiet",
            "--no_stdin")
    if "lightgbm" not in install.missing:
        list(roster.entrants(places.Shape("S"), ["LightGBM 500 trees"]))
        for trees, table, count in ((1, csv, rows), (500, short, rows // 20)):
            yield f"LightGBM, {trees} trees", count, script(
                "lightgbm_predict.py", places.WORK / f"trees{trees}.txt", table)


def measure(options):
    """Medians of rounds in turns."""
    rows = 200_000 if options.quick else 1_000_000
    entrants = list(programs(rows, options))
    times = {name: [] for name, _, _ in entrants}
    sizes, reasons = {}, {}
    for number in range(3 if options.quick else 5):
        for name, count, run in entrants:
            if name in reasons:
                continue
            note(f"  streaming, round {number + 1}: {name}")
            try:
                spent, size = run()
            except Exception as reason:  # a peer that fails must not stop the others
                detail = getattr(reason, "stderr", "") or str(reason)
                reasons[name] = detail.strip().splitlines()[-1]
                continue
            times[name].append(count / max(spent, 1e-6))
            sizes[name] = size
    rates = {name: statistics.median(found) for name, found in times.items() if found}
    return summary(rows, rates, sizes, reasons)


def summary(rows, rates, sizes, reasons):
    csv = places.WORK / f"rows{rows}.csv"
    ours = rates["Postern"]
    text = [f"## Streaming: {rows:,} rows of {COLUMNS} numbers as CSV "
            f"({csv.stat().st_size / 1e6:.0f} MB), model S", ""]
    text += report.table(
        ["program", "rows a CPU second", "Postern's / its", "peak memory"],
        [[name, f"{rate:,.0f}", f"{ours / rate:.2f}", f"{sizes[name]:.1f} MB" if sizes[name] else ""]
         for name, rate in sorted(rates.items(), key=lambda item: -item[1])])
    text += [f"* {name}: {reason}" for name, reason in reasons.items()] + [""]
    what = "streaming CSV, 16 numeric features, model S"
    targets = [[what, "2.5 million rows a CPU second", f"{ours:,.0f}", "", "", f"{ours / 2.5e6:.2f}",
                "yes" if ours >= 2.5e6 else "NO"],
               [what, "memory under 16 MB", f"{sizes['Postern']:.1f} MB", "", "", "",
                "yes" if sizes["Postern"] < 16 else "NO"]]
    for name, factor in (("pandas.read_csv alone", 4), ("Vowpal Wabbit, linear", 7)):
        if name in rates:
            ratio = ours / rates[name]
            targets.append([what, f"{factor} x {name}", f"{ours:,.0f}", f"{rates[name]:,.0f}", "",
                            f"{ratio:.2f}", "yes" if ratio >= factor else "NO"])
    return {"rows": rows, "rates": rates, "megabytes": sizes, "refused": reasons, "text": text,
            "targets": targets}
