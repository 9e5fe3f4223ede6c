"""The vectors of formats/vectors/boundary: lawful files at a limit, or at the edge of a block.

What lies one step beyond a limit is in `invalid`.
"""

import struct

import input_vectors
import layout as L
from arithmetic import f32
from breaking import affine, categorical, recompressed, tiny
from invalid_experts import block, frame, zero_expert, zeros
from random_model import Maker
from storage_vectors import spread
from vectors import Vector
from writer import Column, Definition, Expert, Layer, Node, assemble, header, raw, sections
from xxh64 import xxh64

NAN = float("nan")


def at_limit(name, reason, definition, rows, **more):
    return Vector(name, reason, definition, rows, folder="boundary", **more)


def plain(name, seed, reason, features=3, widths=((4,),), outputs=1, count=12, **more):
    """Random experts over random numeric columns."""
    m = Maker(seed)
    columns = [m.numeric(f"x{i}", edges=2) for i in range(features)]
    for column in columns:
        column.edges, column.fill = [m.number(-4.0, -3.0), m.number(3.0, 4.0)], 0.0
    experts = [m.expert(columns, list(w), outputs, **more) for w in widths]
    names = {"targets": [f"y{i}" for i in range(outputs)]}
    definition, rows = m.flat(columns, experts, outputs, **names), m.rows(columns, count)
    spread(m, definition, rows, min(len(experts), 6))
    return at_limit(name, reason, definition, rows)


def sizes():
    """Counts around 4 and 16, where padding starts and ends, and around 64 rows."""
    result = [plain(f"features-{n}", 100 + n, f"{n} features: padding of the inputs to 4", n)
              for n in (1, 3, 4, 5)]
    result += [plain(f"outputs-{n}", 110 + n, f"{n} outputs: padding to 16", 2, ((2,),), n)
               for n in (15, 16, 17)]
    result += [
        plain("widths", 120, "hidden layers of 15, 16 and 17", 3, ((15,), (16,), (17,), (17, 15, 16))),
        plain("hidden-12", 121, "twelve hidden layers", 2, ((1, 2, 3, 4, 5, 4, 3, 2, 1, 2, 3, 4),)),
        plain("experts-16", 122, "sixteen experts: a full panel of scores", 2, ((),) * 16, count=24),
        plain("experts-17", 123, "seventeen experts: a second panel", 2, ((),) * 17, count=24),
        plain("experts-33", 124, "a second word for the set of checked experts", 2, ((),) * 33, count=24),
        plain("columns-17", 125, "seventeen columns: padding of the list of entries", 17,
              look_up=True),
        plain("rows-129", 126, "two blocks of 64 rows and one row", 2, ((3,), (2,)), count=129),
        plain("int4-group-65536", 127, "the largest group", 5, ((6,),), element=L.INT4, group=65536),
    ]
    most = next(v for v in result if v.name == "experts-33")
    most.definition.nodes[0].bias[32] += 2.0  # so that the rows visit expert 32
    return result


def transform_limits():
    m = Maker(130)
    many = m.numeric("x", edges=1025)
    columns = [many]
    result = [at_limit("edges-1025", "the most edges of a column",
                       m.flat(columns, [m.expert(columns, [], 1)], 1),
                       [[many.edges[i]] for i in (0, 1, 511, 512, 1023, 1024)] + m.rows(columns, 10))]

    below = f32(1.0 - 2.0**-24)
    edges = [-(2.0**-149), 0.0, 2.0**-149, below, 1.0, f32(1.0 + 2.0**-23)]
    close = Column("x", edges=edges, fill=2.0**-149, center=-0.0, missing=1)
    expert = m.expert([close], [], 1, look_up=True)
    result.append(at_limit("edges-adjacent", "edges with no binary32 between them",
                           m.flat([close], [expert], 1),
                           [[v] for v in (*edges, -0.0, 2.0**-148, 0.5, 0.99, NAN, 2.0, -1.0)]))

    none = [Column("x"), categorical("u", (), 2, 0, 1), categorical("m", (), 0, 2, 0),
            categorical("n", (), 1, 2, 1)]
    rows = [[0.5, 0.0, NAN, NAN], [0.5, 0.0, NAN, 0.0], [0.5, NAN, NAN, 0.0], [0.5, 0.0, 0.0, 0.0],
            [0.5, 1.0, NAN, 0.0]]
    none[3].codes = [[0.25], [0.75]]
    experts = [m.expert(none, [2], 1, look_up=True)]
    result.append(at_limit("categories-0", "columns without categories: only unknown, only missing, both",
                           m.flat(none, experts, 1), rows))

    one = [categorical("u", (), 1, 0, 1)]
    result.append(at_limit("entries-1", "one entry in the whole transform",
                           m.flat(one, [m.expert(one, [], 1, look_up=True)], 1),
                           [[0.0], [1.0], [NAN]]))
    return result


def router_limits():
    m = Maker(140)
    columns = [m.numeric("x"), m.numeric("z")]
    experts = [m.expert(columns, [], 1) for _ in range(3)]

    def grouped(name, reason, counts):
        definition = m.flat(columns, experts, 1)
        definition.nodes, first = [m.node(2, len(counts))], 0
        for count in counts:
            definition.nodes.append(m.node(2, count, False, first))
            first += count
        return at_limit(name, reason, definition, m.rows(columns, 12), explain=True)

    single = m.flat(columns, experts[:1], 1)
    alone = m.flat(columns, experts[:1], 1)
    alone.nodes = [m.node(2, 1), m.node(2, 1)]
    return [
        grouped("groups-as-experts", "as many groups as experts: each group has one", (1, 1, 1)),
        grouped("groups-1", "two levels with one group", (3,)),
        at_limit("experts-1", "one expert: the margin is infinite and there is no runner-up", single,
                 m.rows(columns, 4), explain=True),
        at_limit("groups-1-experts-1", "two levels with one group of one expert", alone,
                 m.rows(columns, 4), explain=True),
    ]


def number_limits():
    """The largest and smallest stored numbers of each element type."""
    columns = [Column("x", edges=[-8.0, 8.0]), Column("y", edges=[-8.0, 8.0])]
    top, low = 65504.0, 2.0**-24
    halves = [Layer([[top, low, -low], [-top, 2.0**-14 - low, -0.0]], [0.0] * 3, [0.5] * 3),
              Layer([[low], [top], [-top]], [0.0])]
    bytes_ = [Layer([[127, -127], [-127, 0]], [0.0] * 2, [0.5] * 2, [[1.0, -1.0]]),
              Layer([[127], [-127]], [0.0], scales=[[2.0**-149]])]
    nibbles = [Layer([list(range(-8, 8)), list(range(7, -9, -1))], [0.0] * 16, [0.5] * 16,
                     [[0.125 * (i - 8) for i in range(16)]]),
               Layer([[v] for v in range(-8, 8)], [0.0], scales=[[1.0], [-1.0], [0.5], [2.0**-30]])]
    experts = [Expert(halves, element_type=L.F16), Expert(bytes_, element_type=L.INT8),
               Expert(nibbles, element_type=L.INT4, group_size=4)]
    node = Node([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [0.0] * 3)
    most = 3.4028234663852886e38
    definition = Definition(columns, [node], experts, [(1.0, 0.0, -most, most)])
    values = (-8.0, -1.0, -0.3, -(2.0**-20), 0.0, 0.7, 3.0, 8.0)
    rows = [[f32(a), f32(b)] for a in values for b in values]
    one_value = tiny()
    one_value.head = [(1.0, 0.0, 0.125, 0.125)]
    return [
        at_limit("numbers", "the extreme binary16, int8 and int4 weights", definition, rows),
        at_limit("low-is-high", "a head that allows one value", one_value, [[-1.0], [0.0], [1.0]]),
    ]


def frames():
    """Frames that a compressor rarely writes."""
    data = struct.pack("<ff", 0.5, 0.0) + bytes(248) + struct.pack("<f", 0.25) + bytes(60)
    empty = bytes(320)
    check = struct.pack("<Q", xxh64(empty))[:4]
    # 7 bytes of header, 3 + 305 raw, 3 + 1 for 15 zeros: one byte less than the 320 decoded.
    barely = struct.pack("<IBH", 0xFD2FB528, 0x60, 320 - 256) + block(0, 305, data[:305], last=False)
    barely += block(1, 15, b"\0")
    mixed = frame(block(0, 0, b"", last=False) + block(1, 100, b"\0", last=False)
                  + block(0, 20, bytes(20), last=False)
                  + block(2, 8, bytes([0x08, 0, 1, 0x54, 1, 2, 1, 4]), last=False) + zeros(195))

    def packed(name, reason, expert, stored):
        definition = tiny(experts=[expert])
        parts = sections(definition)
        recompressed(parts[5], stored)
        file = assemble({**header(definition, parts), "cacheByteCount": 320}, parts)
        return at_limit(name, reason, definition, [[0.5], [-1.0]], file=file)

    return [
        packed("zstd-window-1024", "a window of 1 KiB for 320 bytes", zero_expert(),
               frame(zeros(), window=0)),
        packed("zstd-checksum", "a frame with its content checksum", zero_expert(),
               frame(zeros(), flags=4, behind=check)),
        packed("zstd-one-byte-less", "a frame one byte smaller than its content", affine(1), barely),
        packed("zstd-blocks", "empty, raw, RLE and compressed blocks in one frame", zero_expert(), mixed),
    ]


def texts_and_versions():
    long = tiny()
    long.columns[0].name = "x" * 65535
    nameless = tiny(targets=[""])
    nameless.columns[0].name = b"\xff\x00,\"\n"
    latest = tiny(minor=65535)
    strange = tiny()
    strange.ancillary = [raw(2**32 - 1, 2**32 - 1, 0, b"!"), raw(8, 2**32 - 1, 0, b"!")]
    rows = [[0.5]]
    return [
        at_limit("text-65535", "the longest text", long, rows),
        at_limit("texts-odd", "an empty text, and one that is not UTF-8", nameless, rows),
        at_limit("minor-65535", "the highest minor version", latest, rows),
        at_limit("kind-most", "the largest kind and index", strange, rows),
    ]


def vectors():
    return [*sizes(), *transform_limits(), *router_limits(), *number_limits(), *frames(),
            *texts_and_versions(), input_vectors.limits()]
