"""rowparts.py: single rows and batches of every workload, all contenders interleaved."""

import array
import collections
import subprocess
import time

import agreement
import install
import places
import roster
import rounds
from contender import Refused
from rounds import Cell, note

CELLS = [Cell(1), Cell(256), Cell(16_384), Cell(16_384, 2)]
PERCENTILE_CALLS = 20_000


class Result:
    """What was found out about one workload."""

    def __init__(self, shape):
        self.shape = shape
        self.kinds = {}
        self.elements = {}
        self.cells = collections.OrderedDict()
        self.refused = {}
        self.latency = {}
        self.calls = None

    def json(self):
        return {"kinds": self.kinds, "cells": self.cells, "refused": self.refused,
                "latency": self.latency, "calls": self.calls}


def measure(name, options, limits, results):
    """All cells of one workload, into `results`, which has what there is if the run is interrupted."""
    shape = places.Shape(name)
    result = results[name] = Result(shape)
    places.forget()
    own = list(roster.postern(shape, options.elements))
    if name == "T":
        peers = list(roster.without_encoding())
    else:
        peers = list(roster.entrants(shape, options.peers))
        for element in shape.elements:
            limits.measure_reads(shape, element)
    running = []
    try:
        for contender in own + peers:
            note(f"  {name}: {contender.name} loads")
            try:
                contender.start()
                contender.pin(places.cores()[-1:])
                running.append(contender)
            except (Refused, OSError) as reason:
                contender.stop()
                result.refused[contender.name] = str(reason)
        running = compared(running, shape, result)
        for contender in running:
            result.kinds[contender.name] = contender.kind
            result.elements[contender.name] = getattr(contender, "element", "f32")
        expected = {}
        for cell in CELLS:
            if cell.name() not in options.cells:
                continue
            note(f"  {name}: {cell}")
            times, refused = rounds.run(
                running, cell, options.rounds, options.milliseconds, options.budget, places.cores(),
                expected, shape.experts)
            # Where a batch is its rows, one after the other; others may spend more on a call than on its rows.
            expected.update((c.name, times[c.name]["ns"]) for c in running
                            if c.kind == "postern" and c.name in times)
            result.cells[cell.key()] = times
            for who, reason in refused.items():
                result.refused[f"{who}, {cell}"] = reason
        details(running, result, options)
    finally:
        for contender in running:
            contender.stop()


def compared(running, shape, result):
    """Those that compute what Postern computes."""
    by_name = {contender.name: contender for contender in running}
    if "Postern" not in by_name:
        raise Refused(f"Postern does not run: {result.refused.get('Postern')}")
    routed = agreement.outputs(by_name["Postern"], "single")
    dense = None
    right = []
    for contender in running:
        if contender.kind in ("postern", "other"):
            # Postern's batches equal its single rows bit for bit, for every element type.
            if contender.name.startswith("Postern"):
                one = agreement.outputs(contender, "single")
                if one != agreement.outputs(contender, "batch"):
                    result.refused[contender.name] = "a batch differs from single rows"
            right.append(contender)
            continue
        if contender.kind.startswith("dense") and dense is None:
            dense = agreement.dense_outputs(shape)
        expected = dense if contender.kind.startswith("dense") else routed
        text = agreement.wrong(contender, shape, expected, contender.tolerance)
        if text is None:
            right.append(contender)
        else:
            result.refused[contender.name] = f"WRONG and not ranked: {text}"
            contender.stop()
    return right


def details(running, result, options):
    """Percentiles of single calls, and what a call asks the allocator and the system for."""
    for contender in running:
        if contender.name not in ("Postern", "Postern f16", "Postern int8", "hand C"):
            continue
        if "1" not in options.cells:
            continue
        contender.pin(places.cores()[-1:])
        path = places.WORK / "latency.u32"
        calls = PERCENTILE_CALLS if result.cells.get("1x1", {}).get(contender.name, {}).get(
            "ns", 1e9) < 1e5 else 2_000
        best = None
        for _ in range(3):
            # Other programs disturb one attempt more than another; the quietest one counts.
            timer = int(contender.ask(f"latency {calls} {path}")[0])
            spent = sorted(max(0, ns - timer) for ns in array.array("I", path.read_bytes()))
            found = {"p50": spent[calls // 2], "p99": spent[calls * 99 // 100],
                     "p999": spent[calls * 999 // 1000], "calls": calls}
            if best is None or found["p99"] / max(found["p50"], 1) < best["p99"] / max(best["p50"], 1):
                best = found
        result.latency[contender.name] = best
        if contender.name == "Postern":
            result.calls = {"allocations": contender.ask("count 10000"),
                            "system": system_calls(contender)}


def system_calls(contender):
    """System calls of 10,000 single rows, or why they are not known."""
    path = places.WORK / "trace.txt"
    try:
        tracer = subprocess.Popen(
            ["strace", "-f", "-o", path, "-p", str(contender.process.pid)],
            stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        return "strace is not installed"
    # It says that it is attached, at a time of its own.
    tracer.stderr.readline()
    time.sleep(0.5)
    try:
        contender.ask("time single 10000 1")
    finally:
        tracer.terminate()
        tracer.wait()
    lines = path.read_text().splitlines()
    # The processor's clock is read before and after the rows: the measurement's own system calls.
    clocks = [i for i, line in enumerate(lines) if "CLOCK_PROCESS_CPUTIME_ID" in line]
    if len(clocks) != 2:
        return "strace saw nothing"
    return str(clocks[1] - clocks[0] - 1)
