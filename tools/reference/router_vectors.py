"""Valid vectors about routers: cosine nodes, and what routers were trained as (8.1)."""

import layout as L
from arithmetic import f32
from random_model import Maker
from storage_vectors import parameters, spread
from vectors import Vector
from writer import Column, Definition, Expert, Layer, Node, raw

UNPERTURBED = f32(1e-12)


def constants(count):
    """Experts that answer with their own number."""
    return [Expert([Layer([[0.0], [0.0]], [float(i + 1)])]) for i in range(count)]


def cosine(name, seed, reason, scale=None):
    m = Maker(seed)
    columns = [m.numeric(f"x{i}") for i in range(7)]
    experts = [m.expert(columns, [2], 1) for _ in range(6)]
    definition = m.flat(columns, experts, 1)
    rows = m.rows(columns, 24)
    definition.nodes = [m.node(7, 6, L.COSINE)]
    spread(m, definition, rows, 4)
    if scale is not None:
        definition.nodes[0].scale = [scale] * 6
    return Vector(name, reason, definition, rows, explain=True)


def cosine_edges():
    """Features of no length, hardly any, and so much that the squares overflow: those are refused."""
    columns = [Column("x", edges=[-(2.0**100), 2.0**100]), Column("z", edges=[-(2.0**100), 2.0**100])]
    node = Node([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], [0.0, 0.0, 0.125, -0.0],
                [UNPERTURBED, 2.0**-149, 0.5, 3.4028234663852886e38], kind=L.COSINE)
    definition = Definition(columns, [node], constants(4), [(1.0, 0.0, -10.0, 10.0)])
    values = (0.0, -0.0, 2.0**-149, -(2.0**-100), 2.0**-75, -(2.0**-63), 1e-12, -1.0, 0.3, 2.0**62,
              -(2.0**63), 2.0**64, -(2.0**100))
    rows = [[f32(a), f32(b)] for a in values for b in values]
    return Vector("cosine-edges", "cosines of features without length, hardly any, and too much of it",
                  definition, rows, explain=True)


def two_levels(name, seed, outer, inner, reason, trained=None):
    """Groups of 3, 1 and 4 experts; `inner` says of what kind their nodes are."""
    m = Maker(seed)
    columns = [m.numeric(f"x{i}") for i in range(5)]
    experts = [m.expert(columns, [2], 1) for _ in range(8)]
    definition = m.flat(columns, experts, 1)
    definition.nodes, first = [m.node(5, 3, outer)], 0
    for count, kind in zip((3, 1, 4), inner):
        definition.nodes.append(m.node(5, count, kind, first))
        first += count
    rows = m.rows(columns, 32)
    spread(m, definition, rows, 7)
    if trained:
        data = parameters(definition.nodes, **trained)
        definition.ancillary = [raw(L.ROUTER_PARAMETERS, 0, 0, data)]
    return Vector(name, reason, definition, rows, explain=True)


def vectors():
    affine, distance, far = L.AFFINE, L.DISTANCE, L.COSINE
    trained = {"outer": L.TRAINED_PERTURBED_COSINE, "inner": L.TRAINED_LAPLACE, "temperature": 0.5,
               "tau": (0.1, 0.25)}
    return [
        two_levels("two-levels", 10, affine, (affine,) * 3, "groups of 3, 1 and 4 experts, affine nodes"),
        two_levels("two-levels-mixed", 11, distance, (affine, distance, affine),
                   "a distance node over affine and distance nodes"),
        cosine("cosine", 50, "a router of the cosine kind, scales and biases of its own"),
        cosine("cosine-unperturbed", 51, "cosines whose scale is 1e-12", UNPERTURBED),
        cosine_edges(),
        two_levels("two-levels-cosine", 52, far, (affine, far, distance),
                   "a cosine node over an affine, a cosine and a distance node"),
        two_levels("two-levels-over-cosine", 53, affine, (far, far, far), "an affine node over cosine nodes"),
        two_levels("trained-router", 54, far, (distance,) * 3,
                   "router parameters of a perturbed cosine over Laplace routers", trained),
    ]
