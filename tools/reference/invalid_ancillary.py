"""Invalid vectors about ancillary sections that are used: rule R32."""

import struct

import layout as L
from arithmetic import bits_of
from breaking import Factory, affine, put, tiny
from storage_vectors import parameters
from writer import Node, raw

NAN_BITS, INF_BITS = 0x7FC00000, 0x7F800000


def two_experts():
    return tiny(experts=[affine(1), affine(1)])


def grouped():
    """Two groups of one expert."""
    definition = two_experts()
    definition.nodes = [Node([[0.0]] * 2, [0.0] * 2), Node([[0.0]], [0.0]), Node([[0.0]], [0.0], None, 1)]
    return definition


def router_parameters(f):
    """Two children of one feature: 16 bytes, then weights from 16, biases from 24, scales from 32."""

    def case(name, reason, numbers, change, definition=None, **more):
        definition = definition or two_experts()
        data = change(parameters(definition.nodes, **more))
        definition.ancillary = [raw(L.ROUTER_PARAMETERS, 0, 0, data)]
        f.directory(f"R32-parameters-{name}", reason, f"R32 32 0 {numbers}", definition=definition)

    def field(name, reason, numbers, offset, value, form="I", definition=None, **more):
        case(name, reason, numbers, lambda d: put(d, offset, form, value), definition, **more)

    def number(name, reason, offset, value, **more):
        bits = value if isinstance(value, int) else bits_of(value)
        field(name, reason, f"{offset} {bits} 0", offset, bits, **more)

    case("short", "a header alone", "0 16 40", lambda d: d[:16])
    case("cut", "twelve bytes", "0 12 40", lambda d: d[:12])
    case("long", "a number behind the last scale", "0 44 40", lambda d: d + bytes(4))
    case("one-node", "the numbers of node 0 of three", "0 40 64", lambda d: d[:40], grouped(), inner=1)
    field("outerKind-0", "no outer kind", "0 0 1", 0, 0, "B")
    field("outerKind-6", "outer kind 6", "0 6 5", 0, 6, "B")
    field("innerKind-flat", "an inner kind of a flat router", "1 1 0", 1, 1, "B")
    field("innerKind-0", "no inner kind with two groups", "1 0 1", 1, 0, "B", grouped(), inner=1)
    field("innerKind-6", "inner kind 6", "1 6 5", 1, 6, "B", grouped(), inner=1)
    field("reserved", "reserved byte 3", "3 1 0", 3, 1, "B")
    number("temperature-0", "a temperature of zero", 4, 0.0)
    number("temperature-infinite", "an infinite temperature", 4, INF_BITS)
    number("tau-linear", "a tau of a linear router", 8, 0.5)
    more = {"outer": L.TRAINED_PERTURBED_COSINE}
    number("tau-negative", "a tau below zero", 12, -0.5, **more)
    number("tau-nan", "a tau that is not a number", 8, NAN_BITS, **more)
    number("weight-nan", "a weight that is not a number", 20, NAN_BITS)
    number("bias-infinite", "an infinite bias", 24, INF_BITS)
    number("scale-linear", "a scale of a linear router that is not 1", 36, 2.0)
    number("bias-prototype", "a bias of a prototype", 28, 0.5, outer=L.TRAINED_PROTOTYPE)
    number("scale-inner", "a scale of a linear router in a group", 60, 2.0, definition=grouped(), inner=1)


def deviations(f):
    """Two experts of two targets: 16 bytes."""

    def case(name, reason, numbers, values, **more):
        definition = tiny(experts=[affine(1, 2), affine(1, 2)], outputs=2,
                          **{"targets": ["u", "v"], **more})
        data = struct.pack(f"<{len(values)}I", *(v if isinstance(v, int) else bits_of(v) for v in values))
        definition.ancillary = [raw(L.DEVIATIONS, 0, 0, data)]
        f.directory(f"R32-deviations-{name}", reason, f"R32 38 0 {numbers}", definition=definition)

    case("short", "the deviations of one expert of two", "0 8 16", (0.5, 1.0))
    case("long", "a deviation too many", "0 20 16", (0.5,) * 5)
    case("negative", "a negative deviation", f"4 {bits_of(-0.5)} 0", (0.0, -0.5, 0.5, 0.5))
    case("minus-zero", "a deviation of -0", f"12 {1 << 31} 0", (0.5, 0.5, 0.5, 1 << 31))
    case("infinite", "an infinite deviation", f"8 {INF_BITS} 0", (0.5, 0.5, INF_BITS, 0.5))
    case("nan", "a deviation that is not a number", f"0 {NAN_BITS} 0", (NAN_BITS, 0.5, 0.5, 0.5))
    case("classes", "deviations of a classification", "0 2 0", (0.5,) * 4, task=L.MULTICLASS,
         targets=["kind"], classes=["a", "b"])


def vectors():
    f = Factory()
    for group in (router_parameters, deviations):
        group(f)
    return f.broken
