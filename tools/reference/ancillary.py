"""Ancillary sections that somebody uses (section 8; rules R18 and R32)."""

import layout as L
from experts import decode
from layout import FormatError
from sections import Check
from xxh64 import xxh64


def check_ancillary(model, entry):
    """R18, then R32 for the kinds that it covers."""
    if entry.encoding == L.RAW:
        data = model.container.stored(entry)
        computed = xxh64(data)
        if computed != entry.checksum:
            raise FormatError(18, entry.kind, entry.index, 0, computed, entry.checksum)
    else:
        data = decode(model.container, entry)
    if entry.kind == L.ROUTER_PARAMETERS:
        _check_router_parameters(Check(entry.kind, data), model)
    if entry.kind == L.DEVIATIONS:
        _check_deviations(Check(entry.kind, data), model.header)


def _check_router_parameters(check, model):
    """Section 8.1."""
    inputs, nodes = model.header["featureCount"], model.router
    check.size(32, 16 + sum(4 * node.child_count * (inputs + 2) for node in nodes))
    outer = check.within(32, 0, (1, 5), size=1)
    inner = check.within(32, 1, (1, 5) if len(nodes) > 1 else (0, 0), size=1)
    check.zeros(32, 2, 4)
    numbers = [check.number(32, at) for at in range(4, len(check.data), 4)]

    def require(holds, at):
        if not holds:
            check.fail(32, at, L.u32(check.data, at))

    require(numbers[0] > 0, 4)
    perturbed = L.TRAINED_PERTURBED_COSINE in (outer, inner)
    for at in (8, 12):
        tau = numbers[at // 4 - 1]
        require(tau >= 0 if perturbed else tau == 0, at)
    at = 16
    for i, node in enumerate(nodes):
        kind, n = inner if i else outer, node.child_count
        bias = at + 4 * n * inputs
        for o in range(n):
            if kind == L.TRAINED_LINEAR:
                require(numbers[(bias + 4 * n + 4 * o) // 4 - 1] == 1, bias + 4 * n + 4 * o)
            if kind == L.TRAINED_PROTOTYPE:
                require(numbers[(bias + 4 * o) // 4 - 1] == 0, bias + 4 * o)
        at = bias + 8 * n


def _check_deviations(check, header):
    """Section 8.7."""
    check.size(32, 4 * header["expertCount"] * header["outputCount"])
    if header["task"] != L.REGRESSION:
        check.fail(32, 0, header["task"])
    for at in range(0, len(check.data), 4):
        check.number(32, at)
        bits = L.u32(check.data, at)
        if bits >> 31:
            check.fail(32, at, bits)
