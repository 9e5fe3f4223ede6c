"""The vectors of formats/vectors/valid: one lawful way to write a model each."""

import layout as L
from random_model import Maker
from vectors import Vector
from writer import Column, Definition, Expert, Layer, Node

NAN = float("nan")
INF = float("inf")


def smallest():
    """One expert, one column, no hidden layer."""
    layer = Layer([[0.5]], [0.25])
    definition = Definition([Column("x")], [Node([[0.0]], [0.0])], [Expert([layer])],
                            [(2.0, 1.0, -10.0, 10.0)])
    rows = [[0.0], [1.0], [-1.0], [0.3], [5.0], [-5.0], [NAN]]
    return Vector("smallest", "one column, one expert, no hidden layer (appendix A)", definition, rows)


def dense():
    """Experts of several widths and depths over dense features; PReLU."""
    m = Maker(1)
    columns = [m.numeric(f"x{i}") for i in range(5)]
    experts = [m.expert(columns, widths, 1) for widths in ([], [3], [17, 5], [16, 16], [1, 1, 1])]
    definition = m.flat(columns, experts, 1)
    return Vector("dense", "five experts, each with widths and a depth of its own; PReLU",
                  definition, m.rows(columns, 40))


def look_up():
    """A look-up first layer over every policy of numeric and categorical columns."""
    m = Maker(2)
    colours = ["blue", "green", "red"]
    columns = [m.numeric("refuse"), m.numeric("fill", missing=1), m.numeric("indicator", missing=2)]
    columns.append(Column("note", L.IGNORED))
    for i, (missing, unknown) in enumerate([(0, 0), (0, 1), (1, 1), (2, 0), (2, 1)]):
        columns.append(m.categorical(f"c{i}", colours, i % 3, missing, unknown))
    experts = [m.expert(columns, [6], 1, look_up=True), m.expert(columns, [], 1, look_up=True),
               m.expert(columns, [4], 1)]
    definition = m.flat(columns, experts, 1)
    rows = m.rows(columns, 24)
    good = rows[0]
    for place, value in [(0, NAN), (3, NAN), (4, NAN), (4, 3.0), (5, NAN), (5, 3.0), (7, 3.0), (8, 3.0),
                         (1, NAN), (2, NAN), (6, NAN)]:
        rows.append([value if i == place else v for i, v in enumerate(good)])
    return Vector("look-up", "look-up layers; every missing and unknown policy; a column that is ignored",
                  definition, rows)


def refused_rows():
    """Values that no policy admits: infinities, codes that are none."""
    m = Maker(3)
    columns = [m.numeric("x", missing=2), m.categorical("c", ["a", "b"], 1, 2, 1),
               Column("i", L.IGNORED)]
    definition = m.flat(columns, [m.expert(columns, [4], 1, look_up=True)], 1)
    rows = [[INF, 0.0, 0.0], [-INF, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, -1.0, 0.0], [0.0, 3.0, 0.0],
            [0.0, INF, 0.0], [0.0, -INF, 0.0], [0.0, 1e30, 0.0], [0.0, -0.0, INF], [0.0, 2.0, NAN],
            [NAN, NAN, -INF], [INF, 7.0, 0.0], [-0.0, 1.0, 0.0]]
    return Vector("refused-rows", "infinite values and invalid codes are refused, an ignored column is "
                  "not looked at", definition, rows)


def binary():
    m = Maker(4)
    columns = [m.numeric(f"x{i}") for i in range(3)]
    experts = [m.expert(columns, [5], 1, look_up=True) for _ in range(3)]
    definition = m.flat(columns, experts, 1, task=L.BINARY, targets=["label"], classes=["no", "yes"])
    return Vector("binary", "task 1", definition, m.rows(columns, 20))


def multiclass():
    """Classes with equal values: the lowest index wins."""
    m = Maker(5)
    columns = [m.numeric(f"x{i}") for i in range(3)]
    experts = [m.expert(columns, [5], 4) for _ in range(2)]
    for row in experts[0].layers[-1].weights:
        row[2] = row[1]
    experts[0].layers[-1].bias[1] = experts[0].layers[-1].bias[2] = 8.0
    definition = m.flat(columns, experts, 4, task=L.MULTICLASS, targets=["kind"],
                        classes=["a", "b", "c", "d"])
    definition.head[2] = definition.head[1]
    return Vector("multiclass", "task 2; classes 1 and 2 of expert 0 are equal: the lower index wins",
                  definition, m.rows(columns, 20))


def several_targets():
    m = Maker(6)
    columns = [m.numeric(f"x{i}") for i in range(4)]
    experts = [m.expert(columns, [8], 3, look_up=True), m.expert(columns, [8], 3)]
    definition = m.flat(columns, experts, 3, targets=["u", "v", "w"])
    definition.head = [(*record[:2], -0.5, 0.5) for record in definition.head]
    return Vector("several-targets", "task 0 with three outputs and limits that clamp", definition,
                  m.rows(columns, 20))


def router_tie():
    m = Maker(7)
    columns = [m.numeric(f"x{i}") for i in range(2)]
    experts = [m.expert(columns, [], 1) for _ in range(4)]
    definition = m.flat(columns, experts, 1)
    node = definition.nodes[0]
    for o in (2, 3):
        node.weights[o], node.bias[o] = list(node.weights[1]), node.bias[1]
    node.weights[0], node.bias[0] = [-v for v in node.weights[1]], -node.bias[1]
    return Vector("router-tie", "experts 1, 2 and 3 have equal scores: the lowest index wins",
                  definition, m.rows(columns, 20))


def vectors():
    return [smallest(), dense(), look_up(), refused_rows(), binary(), multiclass(), several_targets(),
            router_tie()]
