"""rounds.py: interleaved repetitions: each round asks every contender in turn, once."""

import statistics
import sys
import time

from contender import Refused


class Cell:
    """What is timed: rows at a time and threads."""

    def __init__(self, batch, threads=1):
        self.batch, self.threads = batch, threads

    def __str__(self):
        rows = "single row" if self.batch == 1 else f"batch {self.batch:,}"
        return rows + (f", {self.threads} threads" if self.threads > 1 else "")

    def name(self):
        """As the command line has it."""
        return f"{self.threads}x{self.batch}" if self.threads > 1 else str(self.batch)

    def key(self):
        return f"{self.batch}x{self.threads}"


def calibrated(contender, cell, milliseconds, experts):
    """Repeats that take about as long as asked for, milliseconds that one attempt took, and its times."""
    # Once for what happens at the first call of a size, or the first use of an expert: four rows for each of
    # them leave out one in fifty.
    contender.time(cell, -(-4 * experts // cell.batch))
    repeats = 1
    while True:
        wall, processor = contender.time(cell, repeats)
        # A contender that waits for threads of its own while other programs run may wait long.
        spent = max(processor * cell.threads, wall / 10) * repeats * cell.batch / 1e6
        if spent >= milliseconds / 4 or repeats >= 1_000_000:
            return max(1, min(int(repeats * milliseconds / spent), 1_000_000)), spent, (
                wall, processor)
        repeats = max(2 * repeats, min(8 * repeats, int(repeats * milliseconds / (spent + 0.001))))


def run(contenders, cell, rounds, milliseconds, budget, cores, expected, experts):
    """Times a cell.

    All is measured in the processor's time, since other programs may use the machine; of two threads the one
    that worked longer counts. A contender whose repetitions take more than `budget` seconds in all stops early; one
    whose single repetition would take three times as long, by the nanoseconds `expected` a row, does not start.

    Returns `{name: {"ns": median, "low": decile, "wall": median, "rounds": n}}`, by row, and `{name: reason}`.
    """
    chosen = cores if cell.threads > 1 else cores[-1:]
    times, refused, repeats = {}, {}, {}
    entrants = [c for c in contenders if cell.threads in c.threads and (cell.batch == 1 or c.batches)]
    spent = {}
    for contender in list(entrants):
        seconds = expected.get(contender.name, 0) * cell.batch / 1e9
        if seconds > 3 * budget:
            refused[contender.name] = f"not measured: a repetition takes {seconds:.0f} s"
            entrants.remove(contender)
            continue
        contender.pin(chosen)
        try:
            repeats[contender.name], once, first = calibrated(
                contender, cell, milliseconds, experts)
            contender.pin(chosen)
            # What takes longer than all that it may is not asked again.
            times[contender.name] = [first] if once / 1e3 > budget else []
            spent[contender.name] = once / 1e3
        except Refused as reason:
            refused[contender.name] = str(reason)
    for number in range(rounds):
        turn = entrants[number % len(entrants):] + entrants[: number % len(entrants)]
        for contender in turn:
            name = contender.name
            if name not in times or (times[name] and spent[name] > budget):
                continue
            start = time.monotonic()
            try:
                times[name].append(contender.time(cell, repeats[name]))
            except Refused as reason:
                refused[name] = str(reason)
                del times[name]
                continue
            spent[name] += time.monotonic() - start
    return {name: summary(values) for name, values in times.items() if values}, refused


def summary(values):
    """Medians of repetitions."""
    walls, processors = sorted(v[0] for v in values), sorted(v[1] for v in values)
    return {"ns": statistics.median(processors), "low": processors[len(values) // 10],
            "wall": statistics.median(walls), "rounds": len(values)}


def note(text):
    """A line for whoever waits."""
    print(text, file=sys.stderr, flush=True)
