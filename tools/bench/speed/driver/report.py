"""report.py: figures to Markdown and JSON."""

import pathlib
import platform

import install
import targets
from rowparts import CELLS


class Results:
    """All that a run found out."""

    def __init__(self, options, limits):
        self.options, self.limits = options, limits
        self.rows = {}
        self.streaming = self.cold = self.training = None
        self.seconds = 0


def duration(ns):
    """Nanoseconds in a fitting unit."""
    if ns < 1e3:
        return f"{ns:.0f} ns"
    if ns < 1e6:
        return f"{ns / 1e3:.3g} us"
    return f"{ns / 1e6:.3g} ms"


def rate(ns):
    """Rows a second of nanoseconds a row."""
    rows = 1e9 / ns
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if rows >= size:
            return f"{rows / size:.3g}{unit}"
    return f"{rows:.3g}"


def table(head, lines):
    """A Markdown table."""
    text = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return text + ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines] + [""]


def processor():
    text = pathlib.Path("/proc/cpuinfo")
    if text.exists():
        for line in text.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def workload(result, limits):
    """One table for each cell: time a row, ratio to Postern, fraction of the limit."""
    shape = result.shape
    text = [f"## {shape.name}: {shape.inputs} inputs, {shape.experts} experts of "
            f"{'-'.join(map(str, [shape.inputs] + shape.widths))}", ""]
    for cell in CELLS:
        times = result.cells.get(cell.key())
        if not times or "Postern" not in times:
            continue
        ours = times["Postern"]["ns"]
        lines, others = [], []
        for name, found in sorted(times.items(), key=lambda item: item[1]["ns"]):
            fraction, why = "", ""
            if shape.name != "T":
                element = result.elements[name]
                bound, why = limits.row(shape, cell, element)
                if result.kinds[name] in ("routed", "postern"):
                    fraction = f"{bound / found['ns']:.0%}"
                why = f"{duration(bound)} ({why})"
            apart = others if result.kinds[name] == "other" else lines
            apart.append([name, result.kinds[name], duration(found["ns"]), rate(found["ns"]),
                          f"{found['ns'] / ours:.2f}", why, fraction, duration(found["wall"]),
                          found["rounds"]])
        head = ["contender", "kind", "a row", "rows/s", "time / Postern's", "limit",
                "fraction of the limit", "wall clock", "rounds"]
        text += [f"### {cell}", "", *table(head, lines)]
        if others:
            text += ["Not this model, with the same inputs:", "", *table(head, others)]
    if result.refused:
        text += ["Not ranked:", ""]
        text += [f"* {name}: {reason}" for name, reason in result.refused.items()] + [""]
    return text


def markdown(results):
    """The whole report."""
    limits = results.limits
    text = ["# Postern, its peers and the machine's limits", "",
            f"{processor()}; medians of interleaved rounds, in the processor's time (of two threads "
            f"the one that worked longer); {results.seconds:.0f} s in all.", ""]
    text += ["## The machine", ""]
    text += table(["limit", "value"], [
        [name, f"{value:.1f} {'GB/s' if name[0] in 'LD' else 'G operations/s'}"]
        for name, value in limits.values.items()])
    for result in results.rows.values():
        text += workload(result, limits)
    for part in (results.streaming, results.cold, results.training):
        if part:
            text += part["text"]
    if install.missing:
        text += ["## Peers that could not be had", ""]
        text += [f"* {name}: {reason}" for name, reason in install.missing.items()] + [""]
    text += ["## Targets", ""]
    text += table(["what", "target", "Postern", "best peer", "limit", "ratio", "met"],
                  targets.lines(results))
    return "\n".join(text)


def as_json(results):
    """The same figures for programs."""
    limits = results.limits
    return {
        "processor": processor(), "seconds": results.seconds, "limits": limits.values,
        "single_row_limits_ns": limits.reads,
        "workloads": {name: result.json() for name, result in results.rows.items()},
        "streaming": results.streaming, "cold": results.cold, "training": results.training,
        "missing": install.missing,
        "targets": [dict(zip(("what", "target", "postern", "best_peer", "limit", "ratio", "met"),
                             map(str, line))) for line in targets.lines(results)],
    }
