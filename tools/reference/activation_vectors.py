"""Valid vectors about what happens to sums: cubes, and outputs scaled by a score."""

import layout as L
from arithmetic import f32
from random_model import Maker
from storage_vectors import spread
from vectors import Vector
from writer import Column, Definition, Expert, Layer, Node


def cubed(m, columns, widths, outputs, **more):
    """An expert whose hidden layers are cubes."""
    expert = m.expert(columns, widths, outputs, activation=L.CUBE, **more)
    for layer in expert.layers[:-1]:
        layer.slopes = [0.0] * len(layer.slopes)
    return expert


def cube():
    m = Maker(60)
    columns = [m.numeric(f"x{i}") for i in range(4)]
    experts = [cubed(m, columns, [6], 2), cubed(m, columns, [17, 3], 2),
               cubed(m, columns, [5], 2, look_up=True), m.expert(columns, [4], 2)]
    definition = m.flat(columns, experts, 2, targets=["u", "v"], shared=cubed(m, columns, [2], 2))
    rows = m.rows(columns, 70)
    spread(m, definition, rows)
    return Vector("cube", "hidden layers that are cubes, dense and look-up, one PReLU expert beside them",
                  definition, rows)


def cube_elements():
    m = Maker(61)
    columns = [m.numeric(f"x{i}") for i in range(4)]
    experts = [cubed(m, columns, [5, 4], 1, element=L.F16), cubed(m, columns, [5, 4], 1, element=L.INT8),
               cubed(m, columns, [5, 4], 1, element=L.INT4, group=4)]
    definition = m.flat(columns, experts, 1)
    rows = m.rows(columns, 24)
    spread(m, definition, rows)
    return Vector("cube-elements", "cubes over f16, int8 and int4 weights", definition, rows)


def cube_edges():
    """Sums whose cubes are subnormal, zero of either sign, the largest, or too large."""
    columns = [Column("x", edges=[-(2.0**100), 2.0**100])]
    expert = Expert([Layer([[1.0, 1.0]], [0.0, -0.0], [0.0, 0.0]), Layer([[1.0], [0.5]], [0.0])],
                    activation=L.CUBE)
    most = 3.4028234663852886e38
    definition = Definition(columns, [Node([[0.0]], [0.0])], [expert], [(1.0, -0.0, -most, most)])
    sizes = (0.0, 2.0**-149, 2.0**-75, 2.0**-60, 2.0**-50, 2.0**-49, 1.5 * 2.0**-43, 2.0**-42, 0.3125,
             2.0**20, 2.0**42, 2.0**43, 2.0**64, 2.0**100)
    rows = [[sign * v] for v in sizes for sign in (1.0, -1.0)]
    return Vector("cube-edges", "cubes that are zero, subnormal, large, and too large: the row is refused",
                  definition, rows)


def scored(name, seed, reason, groups=(), kind=L.AFFINE, shared=False):
    """A model with gateScale 2, flat or in groups."""
    m = Maker(seed)
    columns = [m.numeric(f"x{i}") for i in range(3)]
    experts = [m.expert(columns, [3], 2) for _ in range(sum(groups) or 5)]
    definition = m.flat(columns, experts, 2, targets=["u", "v"], gate_scale=L.BY_SCORE)
    definition.shared = m.expert(columns, [2], 2) if shared else None
    definition.nodes, first = [m.node(3, len(groups) or 5, kind)], 0
    for count in groups:
        definition.nodes.append(m.node(3, count, kind, first))
        first += count
    rows = m.rows(columns, 24)
    spread(m, definition, rows, 2)
    return Vector(name, reason, definition, rows, explain=True)


def score_edges():
    """Scores that are zero of either sign, negative, tiny, and so large that outputs overflow."""
    columns = [Column("x", edges=[-(2.0**100), 2.0**100]), Column("z", edges=[-(2.0**100), 2.0**100])]
    experts = [Expert([Layer([[0.0], [0.0]], [b])]) for b in (3.0, 2.0**40)]
    node = Node([[1.0, 0.0], [0.0, 1.0]], [0.0, -0.0])
    most = 3.4028234663852886e38
    definition = Definition(columns, [node], experts, [(1.0, -0.0, -most, most)], gate_scale=L.BY_SCORE)
    values = (0.0, -0.0, 2.0**-149, -0.3, 0.7, -5.0, 2.0**87, 2.0**88, -(2.0**100))
    rows = [[a, f32(b)] for a in map(f32, values) for b in values]
    return Vector("score-edges", "outputs scaled by scores that are zero, negative, tiny, and too large",
                  definition, rows, explain=True)


def vectors():
    return [
        cube(), cube_elements(), cube_edges(),
        scored("score", 62, "gateScale 2, one affine node"),
        scored("score-distance", 63, "gateScale 2, a distance node: scores are negative", kind=L.DISTANCE),
        scored("score-groups", 64, "gateScale 2 over two levels, a shared expert that is not scaled",
               (3, 1, 2), L.COSINE, True),
        score_edges(),
    ]
