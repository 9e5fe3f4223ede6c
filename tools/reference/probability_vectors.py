"""Valid vectors that need exp (section 9.6): gate probabilities and probabilities of classes."""

import layout as L
from arithmetic import f32
from random_model import Maker
from storage_vectors import spread
from vectors import Vector
from writer import Column, Definition, Expert, Layer, Node


def gated(name, seed, reason, groups=(), kind=L.AFFINE, **more):
    """A model with gateScale 1, flat or in groups."""
    m = Maker(seed)
    columns = [m.numeric(f"x{i}") for i in range(3)]
    experts = [m.expert(columns, [3], 2) for _ in range(sum(groups) or 5)]
    definition = m.flat(columns, experts, 2, targets=["u", "v"], gate_scale=1)
    if more.get("shared"):
        definition.shared = m.expert(columns, [2], 2)
    if groups:
        definition.nodes, first = [m.node(3, len(groups), kind)], 0
        for count in groups:
            definition.nodes.append(m.node(3, count, kind, first))
            first += count
    elif kind != L.AFFINE:
        definition.nodes = [m.node(3, 5, kind)]
    rows = m.rows(columns, 24)
    spread(m, definition, rows, 2)
    return Vector(name, reason, definition, rows, explain=True)


def gate_extremes():
    """Scores that are equal, a little apart, and so far apart that exp is subnormal or zero."""
    edges = [-(2.0**100), 2.0**100]
    columns = [Column("x", edges=edges), Column("z", edges=edges)]
    experts = [Expert([Layer([[0.0], [0.0]], [float(i + 1)])]) for i in range(3)]
    node = Node([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [0.0] * 3)
    definition = Definition(columns, [node], experts, [(1.0, 0.0, -10.0, 10.0)], gate_scale=1)
    apart = [0.0, 2.0**-149, 2.0**-30, 2.0**-24, 0.1, 0.5, 0.6931472, 1.0, 3.0, 10.0, 16.6, 17.4, 87.0,
             87.33655, 88.0, 88.72284, 100.0, 103.0, 103.97208, 104.0, 150.0, 1e6, 2.0**100]
    rows = [[f32(sign * a), f32(b)] for a in apart for sign in (1, -1) for b in (0.0, -0.5)]
    return Vector("gate-extremes", "scores from equal to so far apart that exp is subnormal or zero",
                  definition, rows, explain=True)


def classes(name, seed, reason, task, outputs, names):
    """Probabilities of classes over a wide range of values."""
    m = Maker(seed)
    columns = [m.numeric(f"x{i}", edges=3) for i in range(2)]
    experts = [m.expert(columns, [4], outputs) for _ in range(2)]
    definition = m.flat(columns, experts, outputs, task=task, targets=["label"], classes=names)
    definition.head = [(m.number(1.0, 30.0), m.number(), -200.0, 200.0) for _ in range(outputs)]
    rows = m.rows(columns, 32)
    spread(m, definition, rows)
    return Vector(name, reason, definition, rows, explain=True)


def zero_logit():
    """Values of exactly +0 and -0: class 0 in task 1."""
    definition = Definition([Column("x")], [Node([[0.0]], [0.0])], [Expert([Layer([[1.0]], [0.0])])],
                            [(-1.0, -0.0, -1.0, 1.0)], task=L.BINARY, targets=["label"],
                            classes=["no", "yes"])
    rows = [[v] for v in (0.0, -0.0, 2.0**-149, -(2.0**-149), 1.0, -1.0)]
    return Vector("zero-logit", "task 1 with a value of zero: class 0, both probabilities one half",
                  definition, rows, explain=True)


def vectors():
    seventeen = [f"c{i:02}" for i in range(17)]
    return [
        gated("gate", 41, "gateScale 1, one affine node"),
        gated("gate-distance", 42, "gateScale 1, a distance node", kind=L.DISTANCE),
        gated("gate-cosine", 46, "gateScale 1, a cosine node", kind=L.COSINE),
        gated("gate-groups", 43, "gateScale 1 over two levels, a shared expert that is not scaled",
              (3, 1, 2), shared=True),
        gate_extremes(),
        classes("probabilities-binary", 44, "probabilities of task 1", L.BINARY, 1, ["no", "yes"]),
        classes("probabilities-multiclass", 45, "probabilities of seventeen classes", L.MULTICLASS, 17,
                seventeen),
        zero_logit(),
    ]
