"""Seeded random definitions for vectors: numbers with full mantissas, nothing left to chance."""

import random

import layout as L
from arithmetic import f32
from writer import Column, Definition, Expert, Layer, Node


class Maker:
    """Draws parts of a model from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def number(self, low=-1.0, high=1.0):
        return f32(low + (high - low) * self.random.random())

    def numbers(self, count, low=-1.0, high=1.0):
        return [self.number(low, high) for _ in range(count)]

    def matrix(self, rows, columns, low=-1.0, high=1.0):
        return [self.numbers(columns, low, high) for _ in range(rows)]

    def numeric(self, name, edges=5, missing=0, **more):
        values = sorted(set(self.numbers(edges, -3.0, 3.0)))
        assert len(values) == edges
        fill = f32((values[0] + values[-1]) / 2)
        return Column(name, edges=values, missing=missing, fill=fill,
                      center=self.number(), scale=self.number(0.5, 2.0), **more)

    def categorical(self, name, categories, features, missing=0, unknown=0):
        entries = len(categories) + unknown + (missing == 2)
        codes = self.matrix(entries, features)
        return Column(name, L.CATEGORICAL, missing, unknown, categories=categories, codes=codes)

    def node(self, inputs, children, kind=L.AFFINE, first_child=0):
        scale = None
        if kind == L.DISTANCE:
            scale = self.numbers(children, 0.8, 1.2)
        elif kind == L.COSINE:
            scale = self.numbers(children, 0.05, 0.5)
        return Node(self.matrix(children, inputs), self.numbers(children), scale, first_child, kind)

    def integers(self, rows, columns, most, least=None):
        least = -most if least is None else least
        return [[self.random.randint(least, most) for _ in range(columns)] for _ in range(rows)]

    def layer(self, rows, outputs, last, element, look_up=False, group=0):
        """One layer; rows are inputs or entries. Biases and slopes are binary32 in every type."""
        bias = self.numbers(outputs, -0.5, 0.5)
        slopes = None if last else self.numbers(outputs, 0.0, 0.5)
        size = 1.0 if look_up else 2.0 / max(rows, 1) ** 0.5
        if element == L.F32:
            return Layer(self.matrix(rows, outputs, -size, size), bias, slopes)
        if element == L.F16:
            halves = [[round(v * 1024) / 1024 for v in row]
                      for row in self.matrix(rows, outputs, -size, size)]
            return Layer(halves, bias, slopes)
        if element == L.INT8 or look_up:
            scales = [self.numbers(outputs, 0.004, 0.008)]
            return Layer(self.integers(rows, outputs, 127), bias, slopes, scales)
        groups = -(-L.pad(rows, 4) // group)
        scales = self.matrix(groups, outputs, 0.05, 0.15)
        return Layer(self.integers(rows, outputs, 7, -8), bias, slopes, scales)

    def expert(self, columns, widths, outputs, look_up=False, element=L.F32, group=0, **more):
        """An expert over the features (or entries) that the columns make."""
        rows = sum(c.entry_count if look_up else c.feature_count for c in columns)
        layers = []
        for i, size in enumerate([*widths, outputs]):
            layers.append(self.layer(rows, size, i == len(widths), element, look_up and i == 0, group))
            rows = size
        kind = L.LOOKUP if look_up else L.DENSE
        return Expert(layers, kind, element, group, **more)

    def head(self, outputs, low=-100.0, high=100.0):
        return [(self.number(0.5, 2.0), self.number(), low, high) for _ in range(outputs)]

    def row(self, columns):
        """One lawful row: numbers now and then missing or outside the edges, codes, unknowns."""
        row = []
        for c in columns:
            missing = c.kind != L.IGNORED and c.missing and self.random.random() < 0.2
            if missing:
                row.append(float("nan"))
            elif c.kind == L.CATEGORICAL:
                known = len(c.categories) + c.unknown
                row.append(float(self.random.randrange(known)) if known else float("nan"))
            else:
                row.append(self.number(-4.0, 4.0))
        return row

    def rows(self, columns, count):
        return [self.row(columns) for _ in range(count)]

    def flat(self, columns, experts, outputs, **more):
        """A model with one affine node."""
        inputs = sum(c.feature_count for c in columns)
        return Definition(columns, [self.node(inputs, len(experts))], experts, self.head(outputs),
                          **more)
