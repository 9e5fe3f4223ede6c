"""The router's section (6.3; rules R25 and R26)."""

from dataclasses import dataclass

import layout as L
from layout import pad, u32
from arithmetic import from_bits
from sections import Check


@dataclass
class Node:
    """One node: scores for `child_count` children; `weights[o]` has K padded numbers."""

    kind: int
    first_child: int
    child_count: int
    weights: list
    bias: list
    scale: list


def read_router(data, header):
    """R25, then R26."""
    check = Check(L.ROUTER, data)
    experts, groups = header["expertCount"], header["groupCount"]
    check.size(25, 16, at_least=True)
    node_count = check.equal(25, 0, 1 + groups)
    check.zeros(25, 4, 16)
    tensors_at = pad(16 + 16 * node_count, 64)
    check.size(25, tensors_at, at_least=True)
    inputs = pad(header["featureCount"], 4)
    places = _check_records(check, node_count, experts, groups, inputs)
    check.zeros(25, 16 + 16 * node_count, tensors_at)
    check.size(25, places[-1])
    return [_read_node(check, i, places[i], header["featureCount"]) for i in range(node_count)]


def _check_records(check, node_count, experts, groups, inputs):
    """R25 for the records; returns where the tensors of each node start, and where all end."""
    data, total = check.data, 0
    places = [pad(16 + 16 * node_count, 64)]
    for i in range(node_count):
        at = 16 + 16 * i
        check.within(25, at, (L.AFFINE, L.COSINE), size=1)
        check.zeros(25, at + 1, at + 4)
        check.equal(25, at + 4, total)
        if i == 0:
            check.equal(25, at + 8, groups or experts)
        else:
            check.within(25, at + 8, (1, experts))
            total += u32(data, at + 8)
        check.equal(25, at + 12, places[i] // 64)
        vectors = 1 if data[at] == L.AFFINE else 2
        outputs = pad(u32(data, at + 8), 16)
        places.append(places[i] + 4 * outputs * (inputs + vectors))
    if groups and total != experts:
        check.fail(25, 16 * node_count + 8, total, experts)
    return places


def _read_node(check, i, at, feature_count):
    """R26 for one node's tensors."""
    kind, children = check.data[16 + 16 * i], u32(check.data, 24 + 16 * i)
    outputs, inputs = pad(children, 16), pad(feature_count, 4)

    def number(offset, lawful):
        value = check.number(26, offset)
        bits = u32(check.data, offset)
        if not lawful and bits:
            check.fail(26, offset, bits)
        return from_bits(bits) if lawful else value

    weights = [[0.0] * inputs for _ in range(outputs)]
    for panel in range(outputs // 16):
        for k in range(inputs):
            for lane in range(16):
                o = panel * 16 + lane
                weights[o][k] = number(at, k < feature_count and o < children)
                at += 4
    vectors = []
    for _ in range(1 if kind == L.AFFINE else 2):
        vectors.append([number(at + 4 * o, o < children) for o in range(outputs)])
        at += 4 * outputs
    scale = None if kind == L.AFFINE else vectors[1]
    if kind == L.COSINE:
        for o in range(children):
            place = at - 4 * outputs + 4 * o
            if not scale[o] > 0:
                check.fail(26, place, u32(check.data, place))
    first = u32(check.data, 20 + 16 * i)
    return Node(kind, first, children, weights, vectors[0], scale)
