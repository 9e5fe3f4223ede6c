"""workload.py: a workload's numbers as the maker dumped them. Needs numpy."""

import json
import pathlib

import numpy as np


class Workload:
    """Sizes, router and experts; weights have the shape (inputs, outputs)."""

    def __init__(self, folder, name):
        self.folder, self.name = pathlib.Path(folder), name
        text = json.loads((self.folder / f"{name}.json").read_text())
        self.inputs, self.experts, self.widths = text["inputs"], text["experts"], text["widths"]
        self.outputs, self.row_count = self.widths[-1], text["rows"]
        sizes = [self.inputs] + self.widths
        self.layers = list(zip(sizes, sizes[1:]))
        router = self.file("router")
        self.router = router[: self.experts * self.inputs].reshape(self.experts, self.inputs)
        self.router_bias = router[self.experts * self.inputs:]

    def file(self, part):
        return np.fromfile(self.folder / f"{self.name}.{part}.f32", "<f4")

    def rows(self):
        return self.file("rows").reshape(self.row_count, self.inputs)

    def stacked(self):
        """For each layer the weights of all experts, shape (experts, inputs, outputs), and their biases."""
        numbers = self.file("experts").reshape(self.experts, -1)
        at, layers = 0, []
        for inputs, outputs in self.layers:
            end = at + inputs * outputs
            layers.append((numbers[:, at:end].reshape(self.experts, inputs, outputs),
                           numbers[:, end:end + outputs]))
            at = end + outputs
        return layers
