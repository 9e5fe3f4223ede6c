"""places.py: where things are, and the programs that are called."""

import json
import os
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[4]
SPEED = TOP / "tools/bench/speed"
NATIVE = SPEED / "native"
PEERS = SPEED / "peers"
RELEASE = TOP / ".build/release"
CACHE = TOP / ".build/speed-peers"
PYTHON = CACHE / "venv/bin/python"
PROGRAMS = CACHE / "programs"
WORK = TOP / ".build/speed-work"


def cores():
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0))


def pin(process, chosen):
    """Lets all threads of a process run on the chosen cores alone."""
    for thread in os.listdir(f"/proc/{process}/task"):
        try:
            os.sched_setaffinity(int(thread), chosen)
        except ProcessLookupError:
            pass


def forget():
    """Drops the files of all workloads from the page cache: each is read as its reader asks for it, and not as it
    happened to be written or copied, and finds free memory in large pieces."""
    for path in WORK.iterdir():
        file = os.open(path, os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def output(*command, **options):
    """What a program writes to standard output."""
    return subprocess.run(
        [str(word) for word in command], check=True, capture_output=True, text=True, **options
    ).stdout


class Shape:
    """A workload: its sizes, bytes and operations."""

    def __init__(self, name):
        self.name = name
        text = json.loads((WORK / f"{name}.json").read_text())
        self.inputs, self.experts = text["inputs"], text["experts"]
        self.widths, self.rows = text["widths"], text["rows"]
        self.features, self.elements = text["features"], text["elements"]
        self.outputs = self.widths[-1]
        sizes = [self.features] + self.widths
        self.layers = list(zip(sizes, sizes[1:]))

    def expert_weights(self):
        return sum(inputs * outputs for inputs, outputs in self.layers)

    def router_bytes(self):
        return 4 * (self.features + 1) * self.experts

    def expert_bytes(self, element="f32"):
        """Weights, biases, and scales where the element type has them."""
        bits = {"f32": 32, "f16": 16, "int8": 8, "int4": 4}[element]
        outputs = sum(self.widths)
        scales = {"int8": outputs, "int4": sum(-(-i // 32) * o for i, o in self.layers)}
        return self.expert_weights() * bits // 8 + 4 * outputs + 4 * scales.get(element, 0)

    def model_bytes(self, element="f32"):
        return self.router_bytes() + self.experts * self.expert_bytes(element)

    def operations(self):
        """Of one row: a multiplication and an addition for each weight that it meets."""
        return 2 * (self.features * self.experts + self.expert_weights())

    def touched(self, batch):
        """Experts that a batch of rows meets, on average."""
        return self.experts * (1 - (1 - 1 / self.experts) ** batch)
