"""Postern against its peers and against the machine's own limits, in one interleaved run.

Prints Markdown; a table for each workload and one for the targets. See tools/bench/speed.md.
"""

import argparse
import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import cold  # noqa: E402
import install  # noqa: E402
import places  # noqa: E402
import report  # noqa: E402
import roster  # noqa: E402
import rowparts  # noqa: E402
import streaming  # noqa: E402
import training  # noqa: E402
from limits import Limits  # noqa: E402
from rounds import note  # noqa: E402

PARTS = ["rows", "streaming", "cold", "training"]


def check(parser, chosen, known):
    for name in chosen:
        if name not in known:
            parser.error(f"no {name}; there are {', '.join(known)}")


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench/speed/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="S, M, L and T, few rounds: five minutes")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part alone; repeatable")
    parser.add_argument("--workloads", help="a list such as S,M (all: S,M,L,XL,T)")
    parser.add_argument("--peers", help="a list such as 'hand C,Eigen'; none: no peers")
    parser.add_argument("--elements", default="f32,f16,int8,int4", help="Postern's own, a list")
    parser.add_argument("--cells", default="1,256,16384,2x16384",
                        help="batch sizes (1: single rows; 2x16384: two threads), a list")
    parser.add_argument("--rounds", type=int, help="repetitions of each cell (15; quick: 5)")
    parser.add_argument("--json", type=pathlib.Path, help="a file for all figures")
    parser.add_argument("--no-build", action="store_true", help="use the release builds as they are")
    options = parser.parse_args()
    options.only = options.only or PARTS
    quick = options.quick
    options.workloads = (options.workloads or ("S,M,L,T" if quick else "S,M,L,XL,T")).split(",")
    options.peers = options.peers.split(",") if options.peers else []
    check(parser, options.peers, [peer.name for peer in roster.PEERS] + ["none"])
    check(parser, options.workloads, ["S", "M", "L", "XL", "T"])
    options.elements = options.elements.split(",")
    options.cells = options.cells.split(",")
    options.rounds = options.rounds or (5 if quick else 15)
    options.milliseconds = 10 if quick else 30
    options.budget = 1.5 if quick else 20
    return options


def measure(options, limits, results, begin):
    """The parts that were asked for, one after the other."""
    if "rows" in options.only:
        for name in options.workloads:
            limits.measure()
            note(f"{name} ({time.monotonic() - begin:.0f} s)")
            rowparts.measure(name, options, limits, results.rows)
    for part, module in (("streaming", streaming), ("cold", cold), ("training", training)):
        if part in options.only:
            note(f"{part} ({time.monotonic() - begin:.0f} s)")
            setattr(results, part, module.measure(options))


def main():
    options = arguments()
    if pathlib.Path(sys.prefix) != places.CACHE / "venv":
        # numpy comes from there, too.
        install.environment()
        os.execv(places.PYTHON, [places.PYTHON, "-B", *sys.argv])
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not options.no_build:
        install.postern()
    install.packages(install.WHEELS)
    install.workloads(sorted({*options.workloads, "S", "L", *(["TD"] if "T" in options.workloads else [])}))
    limits = Limits()
    limits.measure()
    results = report.Results(options, limits)
    try:
        measure(options, limits, results, begin)
    except KeyboardInterrupt:
        note("interrupted; what there is:")
    limits.measure()
    results.seconds = time.monotonic() - begin
    print(report.markdown(results))
    if options.json:
        options.json.write_text(json.dumps(report.as_json(results), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
