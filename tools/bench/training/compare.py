"""Runs Postern and PyTorch in turns and prints medians: see `run`.

A pass over the rows is timed, from parameters at random, not the start of the program nor the reading of the rows.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# What is trained; batch size; how many times fewer rows; the ways that PyTorch can be told to do it.
WORKS = [
    ("top1", 1024, 1, ["padded", "grouped", "looped"]),
    ("top1", 4096, 1, ["padded", "grouped", "looped"]),
    ("soft", 1024, 16, ["batched"]),
    ("cells", 256, 1, ["plain"]),
]
WHAT = {
    "top1": "router and experts, each row by the expert it is routed to",
    "soft": "router and experts, each row by all 32 experts",
    "cells": "each expert on the rows of its cell",
}


def once(command, rows, environment):
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    line = done.stdout.splitlines()[-1]
    result = json.loads(line)
    assert result["rows"] == rows
    return result


def commands(features, labels, work, batch, variants, threads, rows):
    tail = [str(batch), str(threads), "0", str(rows)]
    yield "Postern", [".build/release/training-load", features, labels, work, *tail]
    for variant in variants:
        yield f"PyTorch {variant}", [
            sys.executable, os.path.join(HERE, "peer.py"), features, labels, work, variant, *tail]


def measure(options, work, batch, share, variants, threads):
    rows = options.rows // share
    programs = list(commands(options.features, options.labels, work, batch, variants, threads, rows))
    results = {name: [] for name, _ in programs}
    environment = dict(os.environ, OMP_WAIT_POLICY="passive") if options.passive else None
    for round_index in range(options.rounds):
        for name, command in programs:
            # After a first look the slower ways of a peer are left out.
            best = min((min(r["seconds"] for r in own) for peer, own in results.items()
                        if own and peer != "Postern"), default=0)
            own = min((r["seconds"] for r in results[name]), default=0)
            if round_index > 0 and name != "Postern" and own > 1.3 * best:
                continue
            results[name].append(once(command, rows, environment))
            print(f"{work} {batch} {threads} {name}: {results[name][-1]['seconds']:.2f} s", file=sys.stderr)
    lines = {
        name: {
            "rows_per_second": rows / statistics.median(r["seconds"] for r in own),
            "rows_per_cpu_second": rows / statistics.median(r["cpu_seconds"] for r in own),
            "rounds": len(own),
            "loss": own[0]["loss"],
        }
        for name, own in results.items()
    }
    return {"work": work, "batch": batch, "threads": threads, "rows": rows, "programs": lines}


def row(result):
    own = result["programs"]["Postern"]
    peers = {name: line for name, line in result["programs"].items() if name != "Postern"}
    name, best = max(peers.items(), key=lambda item: item[1]["rows_per_second"])
    others = ", ".join(f"{other.split()[1]} {line['rows_per_second']:,.0f}"
                       for other, line in peers.items() if other != name)
    return (
        f"| {result['work']}: {WHAT[result['work']]} | {result['batch']} | {result['threads']} "
        f"| {own['rows_per_second']:,.0f} | {best['rows_per_second']:,.0f} ({name.split()[1]}) "
        f"| **{own['rows_per_second'] / best['rows_per_second']:.2f}** "
        f"| {own['rows_per_cpu_second']:,.0f} | {best['rows_per_cpu_second']:,.0f} "
        f"| {own['rows_per_cpu_second'] / best['rows_per_cpu_second']:.2f} | {others or '-'} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("features")
    parser.add_argument("labels")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--passive", action="store_true")
    options = parser.parse_args()
    options.rows, options.rounds = (100_000, 3) if options.quick else (1_000_000, 5)
    results = [
        measure(options, *work, threads)
        for threads in ([options.threads] if options.threads else [1, 2])
        for work in WORKS
    ]
    print("Model M: 64 inputs, 32 experts 64-128-128-10, linear router; float32; rows a second, medians of "
          f"{options.rounds} rounds in turns.\n")
    print("| work | batch | threads | Postern | PyTorch 2.13.0 | ratio | Postern, CPU | PyTorch, CPU | ratio "
          "| PyTorch's other ways |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for result in results:
        print(row(result))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=2)


main()
