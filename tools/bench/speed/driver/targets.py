"""targets.py: what this package promises itself, and whether the run met it."""

import math

import report
import roster
from rowparts import CELLS


def yes(condition):
    return "yes" if condition else "NO"


def best(result, key, kinds):
    """The fastest contender of these kinds in a cell: its name and nanoseconds; ('none', inf)."""
    times = result.cells.get(key, {})
    found = [(times[name]["ns"], name) for name in times if result.kinds[name] in kinds]
    ns, name = min(found, default=(math.inf, "none"))
    return name, ns


def ours(result, key, name="Postern"):
    return result.cells.get(key, {}).get(name, {}).get("ns", math.nan)


def against(ns, name, peer):
    return f"{report.duration(peer)} ({name})" if math.isfinite(peer) else "none"


def single(results):
    lines = []
    factors = {"S": 40, "M": 7, "L": 2, "XL": 2}
    bounds = {"M": 1.05, "L": 1.05, "XL": 1.15}
    for name, result in results.rows.items():
        if name not in factors or "Postern" not in result.cells.get("1x1", {}):
            continue
        ns = ours(result, "1x1")
        limit, _ = results.limits.row(result.shape, CELLS[0], "f32")
        who, peer = best(result, "1x1", ("routed",))
        lines.append([f"single row f32, {name}", "faster than every routing peer",
                      report.duration(ns), against(ns, who, peer), report.duration(limit),
                      f"{peer / ns:.2f}", yes(ns < peer)])
        goal = bounds.get(name)
        text = f"at most {goal} x the limit" if goal else "at most 90 ns"
        lines.append([f"single row f32, {name}", text, report.duration(ns), "",
                      report.duration(limit), f"{ns / limit:.2f}",
                      yes(ns <= (goal * limit if goal else 90))])
        for family in ("ONNX Runtime", "LiteRT"):
            times = [found["ns"] for who, found in result.cells["1x1"].items()
                     if who.startswith(family) and result.kinds[who] == "routed"]
            peer = min(times, default=math.nan)
            lines.append([f"single row f32, {name}, {family}", f"behind by {factors[name]} x",
                          report.duration(ns), report.duration(peer) if times else "none", "",
                          f"{peer / ns:.2f}", yes(peer >= factors[name] * ns)])
        for element, goal in (("f16", 0.6), ("int8", 0.35)):
            if f"Postern {element}" in result.elements:
                small = ours(result, "1x1", f"Postern {element}")
                limit, _ = results.limits.row(result.shape, CELLS[0], element)
                lines.append([f"single row {element}, {name}", f"at most {goal} x f32",
                              report.duration(small), "", report.duration(limit),
                              f"{small / ns:.2f}", yes(small <= goal * ns)])
        found = result.latency.get("Postern")
        if found:
            lines.append([f"p99 of a single row, {name}", "at most 2 x the median",
                          report.duration(found["p99"]), "", report.duration(found["p50"]),
                          f"{found['p99'] / max(found['p50'], 1):.2f}",
                          yes(found["p99"] <= 2 * found["p50"])])
    return lines


def batches(results):
    lines = []
    for name, result in results.rows.items():
        if name == "T":
            continue
        shape = result.shape
        ns = ours(result, "16384x1")
        if math.isnan(ns) or math.isnan(ours(result, "256x1")):
            continue
        peak = shape.operations() / results.limits.multiply_add()
        if name != "S":
            lines.append([f"batch 16,384 f32, {name}", "at least 75 % of the FMA peak",
                          report.rate(ns), "", report.rate(peak), f"{peak / ns:.0%}",
                          yes(peak / ns >= 0.75)])
        for kind, text in (("dense", "the best dense network"), ("routed", "the best routing peer")):
            who, peer = best(result, "16384x1", (kind,))
            lines.append([f"batch 16,384 f32, {name}", f"rows/s of {text}", report.rate(ns),
                          f"{report.rate(peer)} ({who})", report.rate(peak), f"{peer / ns:.2f}",
                          yes(ns <= peer)])
        ns = ours(result, "256x1")
        who, peer = best(result, "256x1", ("routed",))
        limit, why = results.limits.row(shape, CELLS[1], "f32")
        lines.append([f"batch 256 f32, {name}", "ahead of every routing peer", report.rate(ns),
                      f"{report.rate(peer)} ({who})", report.rate(limit), f"{peer / ns:.2f}",
                      yes(ns < peer)])
        if name in ("L", "XL"):
            lines.append([f"batch 256 f32, {name}", f"within 1.3 x of the limit ({why})",
                          report.rate(ns), "", report.rate(limit), f"{ns / limit:.2f}",
                          yes(ns <= 1.3 * limit)])
        one, two = (result.cells.get(key, {}).get("Postern") for key in ("16384x1", "16384x2"))
        if one and two:
            lines.append([f"two threads, {name}", "at least 1.85 x one (batch 16,384)",
                          report.rate(two["ns"]), "", report.rate(one["ns"] / 2),
                          f"{one['ns'] / two['ns']:.2f}", yes(one["ns"] >= 1.85 * two["ns"])])
        if "Postern int8" in result.elements:
            whole, small = ours(result, "16384x1"), ours(result, "16384x1", "Postern int8")
            limit, _ = results.limits.row(shape, CELLS[2], "int8")
            who, peer = best(result, "16384x1", ("dense bf16",))
            goal = ", at least 5 x f32 with AMX" if name in ("M", "L") else ""
            lines.append([f"batch 16,384 int8, {name}", "faster than f32" + goal, report.rate(small),
                          f"{report.rate(peer)} ({who})", report.rate(limit),
                          f"{whole / small:.2f}", yes(whole >= small)])
    if "T" in results.rows:
        for cell in CELLS[:3]:
            a = ours(results.rows["T"], cell.key())
            b = ours(results.rows["T"], cell.key(), roster.NO_ENCODING)
            if math.isnan(a) or math.isnan(b):
                continue
            lines.append([f"T, {cell}", "at most 1.3 x the same network without PLE",
                          report.duration(a), "", report.duration(b), f"{a / b:.2f}",
                          yes(a <= 1.3 * b)])
    return lines


def calls(results):
    for name, result in results.rows.items():
        if result.calls:
            allocations, frees, retains, releases = map(int, result.calls["allocations"])
            system = result.calls["system"]
            return [["allocations / reference counts / system calls of 10,000 rows, " + name,
                     "0 / 0 / 0", f"{allocations + frees} / {retains + releases} / {system}", "",
                     "0 / 0 / 0", "", yes(allocations + frees + retains + releases == 0
                                          and system in ("0", "strace is not installed"))]]
    return []


def lines(results):
    """A line for each target that this run measured."""
    text = single(results) + batches(results)
    for part in (results.streaming, results.cold, results.training):
        text += part["targets"] if part else []
    return text + calls(results)
