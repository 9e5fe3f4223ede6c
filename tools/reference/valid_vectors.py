"""The vectors of formats/vectors/valid: one lawful way to write a model each."""

import activation_vectors
import input_vectors
import layout as L
import probability_vectors
import router_vectors
import storage_vectors
from arithmetic import f32
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


def distance():
    m = Maker(8)
    columns = [m.numeric(f"x{i}") for i in range(5)]
    experts = [m.expert(columns, [2], 1) for _ in range(6)]
    definition = m.flat(columns, experts, 1)
    places = m.matrix(6, 5, -1.5, 1.5)
    definition.nodes = [Node(places, m.numbers(6, -0.3, 0.3), m.numbers(6, 0.8, 1.2))]
    return Vector("distance", "a router of the distance kind, scales and biases of its own", definition,
                  m.rows(columns, 24))


def shared():
    m = Maker(12)
    columns = [m.numeric(f"x{i}") for i in range(3)]
    experts = [m.expert(columns, [3], 2) for _ in range(2)]
    definition = m.flat(columns, experts, 2, targets=["u", "v"],
                        shared=m.expert(columns, [7], 2, look_up=True))
    return Vector("shared-expert", "a shared expert is added to the routed one", definition,
                  m.rows(columns, 16))


def texts():
    """Names that CSV must quote, categories of which one begins another."""
    m = Maker(13)
    columns = [m.numeric('a "quoted", name'), m.numeric("größe"),
               m.categorical("c", ["a", "a b", "ab", 'b"d', "b,c", "é", "日本"], 2, 0, 1)]
    definition = m.flat(columns, [m.expert(columns, [2], 1, look_up=True)], 1, targets=["y, the target"])
    return Vector("texts", "names and categories with commas, quotes, spaces and UTF-8", definition,
                  m.rows(columns, 24))


def extremes():
    """Subnormals, -0, the largest edges; nothing overflows."""
    m = Maker(14)
    tiny, large = 2.0**-149, 2.0**100
    columns = [Column("x", edges=[-large, -1.0, -tiny, 0.0, tiny, 1.0, large]),
               Column("y", edges=[-large, large], center=1.0, scale=tiny)]
    experts = [m.expert(columns, [3], 1, look_up=True), m.expert(columns, [3], 1),
               Expert([Layer([[1.5 * 2.0**-126], [3.0]], [-0.0])])]
    experts[0].layers[0].weights[2] = [tiny, -0.0, 2.0**-130]
    experts[0].layers[0].weights[4] = [-tiny, 0.0, -(2.0**-127)]
    experts[0].layers[0].slopes[0] = tiny
    definition = Definition(columns, [Node([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]], [-0.5, -0.5, 0.0])],
                            experts, [(1.0, -0.0, -(2.0**120), 2.0**120)])
    values = [0.0, -0.0, tiny, -tiny, 2.0**-126, 0.5, -0.5, 1.0, -1.0, 3.0, large, -large, 3.4e38, -3.4e38]
    rows = [[f32(v), f32(w)] for v in values for w in (0.0, -0.0, 7.0, -2.0**99)]
    return Vector("extremes", "subnormal numbers, -0, edges of 2^100, values beyond them", definition, rows)


def overflow():
    """Rows that overflow: in the router, in an expert, in the head; the others are answered."""
    huge = 2.0**127
    columns = [Column("router", edges=[-(2.0**100), 2.0**100], scale=2.0**28),
               Column("expert", edges=[0.0, 4.0]), Column("head", edges=[-8.0, 8.0])]
    experts = [Expert([Layer([[0.0], [huge], [1.0]], [0.0])]),
               Expert([Layer([[0.0] * 2, [huge] * 2, [0.0] * 2], [0.0] * 2, [0.0] * 2),
                       Layer([[0.0], [0.0]], [1.0])])]
    node = Node([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]], [0.0, -1.0])
    definition = Definition(columns, [node], experts, [(2.0**124, 0.0, -1.0, 1.0)])
    rows = [[v, w, z] for v in (0.0, 2.0**-20, 2.0**99, 2.0**100) for w in (0.0, 1.0, 2.0, 4.0)
            for z in (0.0, 0.25, 7.0, -8.0)]
    rows += [[v, 0.0, z] for v in (-(2.0**100), 2.0**-29) for z in (1.0, 8.0)]
    return Vector("overflow", "rows refused for overflow in the router, in an expert and before the clamp",
                  definition, rows)


def int8_edges():
    """Where quantising inputs has corners: zeros, tiny numbers, ties, an infinite hidden layer."""
    columns = [Column("x", edges=[-(2.0**100), 2.0**100]), Column("y", edges=[-(2.0**100), 2.0**100])]
    one = [[1.0]]
    experts = [Expert([Layer([[127], [-127]], [0.125], scales=one)], element_type=L.INT8),
               Expert([Layer([[127], [127]], [0.5], [0.25], [[3.0e38]]),
                       Layer([[100]], [0.25], scales=one)], element_type=L.INT8)]
    for expert in experts:
        for layer in expert.layers:
            layer.scales = [[f32(v) for v in layer.scales[0]]]
    node = Node([[0.0, 0.0], [1.0, 0.0]], [0.0, -(2.0**90)])
    definition = Definition(columns, [node], experts, [(1.0, 0.0, -(2.0**120), 2.0**120)])
    tiny = 2.0**-149
    rows = [[0.0, 0.0], [-0.0, -0.0], [tiny, 0.0], [0.0, -tiny], [2.0**-122, 2.0**-123], [1e-37, 0.0],
            [4e-37, 0.0], [127.0, 0.5], [127.0, 1.5], [127.0, -2.5], [254.0, 1.0], [-254.0, 3.0],
            [1.0, 1.0], [1.0, -0.3], [2.0**100, 0.0], [2.0**91, 2.0**91], [2.0**95, -(2.0**95)],
            [3.0, 2.0**-140]]
    rows = [[f32(v) for v in row] for row in rows]
    return Vector("int8-edges", "int8 inputs that are zero, tiny, at a tie; a hidden layer that overflows",
                  definition, rows)


def vectors():
    return [
        smallest(), dense(), look_up(), refused_rows(), binary(), multiclass(), several_targets(),
        router_tie(), distance(), shared(), texts(), extremes(), overflow(), int8_edges(),
        *router_vectors.vectors(),
        *activation_vectors.vectors(),
        *storage_vectors.vectors(),
        *probability_vectors.vectors(),
        *input_vectors.vectors(),
    ]
