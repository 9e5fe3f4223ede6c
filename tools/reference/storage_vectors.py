"""Valid vectors about storage: element types, encodings, alignment, ancillary sections."""

import struct

import ed25519
import layout as L
from arithmetic import bits_of
from model import Model
from predict import predict, route, transform
from random_model import Maker
from vectors import Vector
from writer import Section, assemble, header, raw, sections, write, zstd_frame
from xxh64 import xxh64


def spread(m, definition, rows, least=None):
    """Draws the router anew until the rows visit at least that many experts (all of them)."""
    inputs, count = definition.feature_count, len(definition.experts)
    for _ in range(1000):
        model = Model(write(definition))
        visited = {route(model, transform(model, row)[0])[0] for row in rows}
        if len(visited) >= (least or count):
            return
        definition.nodes = [m.node(inputs, len(node.bias), node.kind, node.first_child)
                            for node in definition.nodes]
    raise ValueError("no router visits enough experts")


def element(name, seed, element_type, group=0, reason=""):
    """Dense and look-up experts of one element type."""
    m = Maker(seed)
    columns = [m.numeric(f"x{i}", edges=3, missing=2 * (i % 2)) for i in range(4)]
    columns.append(m.categorical("c", ["a", "b", "c"], 1, 2, 1))
    more = {"element": element_type, "group": group}
    experts = [m.expert(columns, [9, 6], 2, **more), m.expert(columns, [18], 2, look_up=True, **more),
               m.expert(columns, [], 2, **more), m.expert(columns, [], 2, look_up=True, **more)]
    definition = m.flat(columns, experts, 2, targets=["u", "v"])
    rows = m.rows(columns, 24)
    spread(m, definition, rows)
    return Vector(name, reason, definition, rows)


def int4_groups():
    """Groups that end in the middle of the inputs, and one that is larger than they are."""
    m = Maker(24)
    columns = [m.numeric(f"x{i}") for i in range(21)]
    experts = [m.expert(columns, [13], 1, element=L.INT4, group=size) for size in (4, 8, 12, 64)]
    definition = m.flat(columns, experts, 1)
    rows = m.rows(columns, 20)
    spread(m, definition, rows)
    return Vector("int4-groups", "groups of 4, 8, 12 and 64 over 21 inputs and 13", definition, rows)


def mixed_elements():
    m = Maker(25)
    columns = [m.numeric(f"x{i}") for i in range(3)]
    experts = [m.expert(columns, [4], 1), m.expert(columns, [4], 1, element=L.F16),
               m.expert(columns, [4], 1, element=L.INT8),
               m.expert(columns, [4], 1, element=L.INT4, group=4)]
    shared = m.expert(columns, [5], 1, element=L.F16)
    definition = m.flat(columns, experts, 1, shared=shared)
    rows = m.rows(columns, 24)
    spread(m, definition, rows)
    return Vector("mixed-elements", "each expert has an element type of its own, the shared one too",
                  definition, rows)


def encoded(name, seed, encoding, reason, element=L.F32):
    m = Maker(seed)
    columns = [m.numeric(f"x{i}") for i in range(4)]
    experts = [m.expert(columns, [16], 1, element=element) for _ in range(2)]
    experts.append(m.expert(columns, [3], 1, element=element))
    experts.append(m.expert(columns, [5], 1, True, element=element))
    definition, rows = m.flat(columns, experts, 1), m.rows(columns, 16)
    spread(m, definition, rows)
    for i in (0, 1, 3):
        experts[i].encoding = encoding
    return Vector(name, reason, definition, rows)


def page_aligned():
    m = Maker(34)
    columns = [m.numeric(f"x{i}") for i in range(3)]
    experts = [m.expert(columns, [4], 1, page_aligned=True), m.expert(columns, [2], 1),
               m.expert(columns, [3], 1, page_aligned=True, encoding=L.PLANES4)]
    shared = m.expert(columns, [4], 1, page_aligned=True)
    definition = m.flat(columns, experts, 1, shared=shared)
    rows = m.rows(columns, 12)
    spread(m, definition, rows)
    return Vector("page-aligned", "a shared expert and two experts on pages, one of them compressed",
                  definition, rows)


def parameters(nodes, outer=L.TRAINED_LINEAR, inner=0, temperature=1.0, tau=(0.0, 0.0)):
    """Section 8.1; the numbers of the nodes are those of the serving router, scales 1 without some."""
    data = struct.pack("<BBxxfff", outer, inner, temperature, *tau)
    for node in nodes:
        scale = node.scale or [1.0] * len(node.bias)
        numbers = [w for row in node.weights for w in row] + node.bias + scale
        data += struct.pack(f"<{len(numbers)}f", *numbers)
    return data


def self_test(definition, rows):
    """Section 8.5 from the reference's own predictions."""
    model = Model(write(definition))
    data = struct.pack("<I12x", len(rows))
    for row in rows:
        prediction = predict(model, row)
        data += struct.pack(f"<{len(row)}I", *(bits_of(v) for v in row))
        data += struct.pack("<I", prediction.expert)
        data += struct.pack(f"<{len(prediction.values)}I", *(bits_of(v) for v in prediction.values))
    return data


def sign(definition):
    """Section 8.6: the file with its signature, by a key made from a seed of zeros and ones."""
    seed = bytes(range(32))
    parts = sections(definition)
    file = assemble(header(definition, parts), parts)
    messages = [(s.kind, s.index, s.decoded) for s in parts]
    signature = ed25519.sign(seed, ed25519.signed_message(file[:128], messages))
    data = ed25519.signature_section(ed25519.public_key(seed), signature, messages)
    parts = sorted([*parts, raw(L.SIGNED, 0, 0, data)], key=lambda s: (s.kind, s.index))
    return assemble(header(definition, parts), parts)


def ancillary():
    """Every ancillary section of section 8, and kinds that nobody knows."""
    m = Maker(35)
    columns = [m.numeric("x", missing=2), m.categorical("c", ["a", "b"], 1, 0, 1)]
    experts = [m.expert(columns, [3], 1, look_up=True) for _ in range(3)]
    definition = m.flat(columns, experts, 1)
    rows = m.rows(columns, 12)
    test = self_test(definition, rows[:4])
    card = b'{"license":"CC0-1.0","name":"a vector"}'
    source = b'{"command":"none","seed":35}'
    definition.ancillary = [
        raw(12, 0, 0, b"kinds between the known ones"), raw(12, 7, 0, b"and an index"),
        raw(L.ROUTER_PARAMETERS, 0, 0, parameters(definition.nodes)), raw(L.MODEL_CARD, 0, 0, card),
        raw(L.PROVENANCE, 0, 0, source), raw(L.HISTOGRAM, 0, 0, struct.pack("<3Q", 10, 20, 2**40)),
        raw(L.SELF_TEST, 0, 0, test), raw(0x80000001, 0, 0, b"private")]
    return Vector("ancillary", "every ancillary section, a signature, and unknown kinds that are skipped",
                  definition, rows, file=sign(definition))


def deviations():
    m = Maker(39)
    columns = [m.numeric("x"), m.numeric("z")]
    experts = [m.expert(columns, [2], 2) for _ in range(3)]
    definition = m.flat(columns, experts, 2, targets=["u", "v"])
    numbers = [0.0, 2.0**-149, 3.4028234663852886e38, *m.numbers(3, 0.5, 2.0)]
    definition.ancillary = [raw(L.DEVIATIONS, 0, 0, struct.pack("<6f", *numbers))]
    return Vector("deviations", "the deviations of three experts for two targets", definition,
                  m.rows(columns, 6), file=sign(definition))


def ancillary_compressed():
    """A model card as a zstd frame: only kinds 1 to 6 must be raw."""
    m = Maker(36)
    columns = [m.numeric("x")]
    definition = m.flat(columns, [m.expert(columns, [], 1)], 1)
    card = b'{"text":"' + b"the same words again and again, " * 8 + b'"}'
    packed = Section(L.MODEL_CARD, 0, 0, L.ZSTD, card, zstd_frame(card), xxh64(card))
    definition.ancillary = [packed]
    return Vector("ancillary-compressed", "a model card stored as a zstd frame", definition,
                  m.rows(columns, 3))


def higher_minor():
    m = Maker(37)
    columns = [m.numeric("x")]
    definition = m.flat(columns, [m.expert(columns, [], 1)], 1, minor=7)
    definition.ancillary = [raw(64, 0, 0, b"what version 1.7 added")]
    return Vector("higher-minor", "versionMinor 7 and an ancillary section of that version", definition,
                  m.rows(columns, 3))


def vectors():
    return [
        element("f16", 21, L.F16, reason="binary16 weights, dense and look-up"),
        element("int8", 22, L.INT8, reason="int8 weights, dense (inputs quantised) and look-up"),
        element("int4", 23, L.INT4, 4, "int4 weights, and the int8 tables of a look-up layer"),
        int4_groups(), mixed_elements(),
        encoded("zstd", 31, L.ZSTD, "encoding 1 beside raw"),
        encoded("planes4", 32, L.PLANES4, "encoding 2: byte planes of 4"),
        encoded("planes2", 33, L.PLANES2, "encoding 3: byte planes of 2 over binary16", L.F16),
        encoded("zstd-int8", 38, L.ZSTD, "encoding 1 over int8", L.INT8),
        page_aligned(), ancillary(), deviations(), ancillary_compressed(), higher_minor(),
    ]
