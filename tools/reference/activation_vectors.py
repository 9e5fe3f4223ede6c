"""Valid vectors about what happens to sums: cubes, and outputs scaled by a score."""

import layout as L
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


def vectors():
    return [cube(), cube_elements(), cube_edges()]
