"""Invalid vectors about experts: rules R30 and R31."""

import struct

import layout as L
from arithmetic import bits_of
from breaking import Factory, affine, at, card, put, recompressed, tiny
from writer import Column, Expert, Layer, shuffle, zstd_frame
from xxh64 import xxh64

NAN_BITS, INF_BITS = 0x7FC00000, 0x7F800000
SIZE = 320  # of the smallest expert: 256 bytes of panels, 64 of biases
MAGIC = struct.pack("<I", 0xFD2FB528)


def block(kind, size, data, last=True):
    """A block of a zstd frame: 0 raw, 1 RLE, 2 compressed, 3 reserved."""
    return struct.pack("<I", size << 3 | kind << 1 | last)[:3] + data


def frame(blocks, content_size=SIZE, flags=0, window=None, dictionary=b"", behind=b""):
    """A frame with a content size of 4 bytes (none if None), single segment unless a window is given."""
    descriptor = flags | (0x20 if window is None else 0) | (0x80 if content_size is not None else 0)
    size = b"" if content_size is None else struct.pack("<I", content_size)
    mode = bytes([descriptor]) + (b"" if window is None else bytes([window]))
    return MAGIC + mode + dictionary + size + blocks + behind


def zeros(count=SIZE):
    return block(1, count, b"\0")


def zero_expert():
    return Expert([Layer([[0.0]], [0.0])])


def frames(f):
    """R30: frames that are none, or not what section 5.2 asks for."""
    # One literal, then a match of 3 at distance 4: before the start of the content.
    early = block(2, 8, bytes([0x08, 0, 1, 0x54, 1, 2, 0, 7]), last=False) + zeros(SIZE - 4)
    good = frame(zeros())
    skippable = struct.pack("<II", 0x184D2A50, 0)
    cases = [
        ("not-a-frame", "stored bytes that are no frame", b"neither raw nor zstd", 0),
        ("cut", "a frame without its last byte", good[:-1], 0),
        ("magic-only", "four bytes of a frame", good[:4], 0),
        ("size-larger", "a frame of 384 bytes", frame(zeros(384), 384), 384),
        ("size-none", "a frame that does not say its content size",
         frame(zeros(), None, window=0), 0),
        ("content-short", "less content than the frame says", frame(zeros(256)), 0),
        ("content-long", "more content than the frame says",
         frame(block(1, 256, b"\0", last=False) + zeros(128)), 0),
        ("window", "a window of 1,152 bytes for 320", frame(zeros(), window=1), 1152),
        ("window-huge", "a window of 2^41 bytes", frame(zeros(), window=31 << 3), 1 << 41),
        ("two-frames", "a second frame", good + frame(block(0, 0, b""), 0), 0),
        ("byte-behind", "a byte behind the frame", good + b"\0", 0),
        ("skippable", "a skippable frame first", skippable + good, 0),
        ("dictionary", "a frame that needs a dictionary", frame(zeros(), flags=1, dictionary=b"\1"), 0),
        ("reserved-bit", "the reserved bit of the frame's descriptor", frame(zeros(), flags=8), 0),
        ("reserved-block", "a block of the reserved type", frame(block(3, 1, b"\0")), 0),
        ("no-last-block", "no block is the last", frame(block(1, SIZE, b"\0", last=False)), 0),
        ("content-checksum", "a wrong content checksum in the frame",
         frame(zeros(), flags=4, behind=b"\1\2\3\4"), 0),
        ("early-match", "a match that starts before the content", frame(early), 0),
    ]
    for name, reason, stored, found in cases:
        f.parts(f"R30-{name}", reason, f"R30 7 0 0 {found} {SIZE}",
                lambda parts, stored=stored: recompressed(parts[5], stored) and None,
                tiny(experts=[zero_expert()]), {"cacheByteCount": SIZE})


def damage(f):
    """R30: checksums."""
    file = f.file(tiny())
    place = 1280
    right = xxh64(file[place : place + SIZE])
    broken = put(file, place, "B", file[place] ^ 1)
    f.add("R30-data", "a bit of a raw expert is flipped",
          f"R30 7 0 0 {xxh64(broken[place : place + SIZE])} {right}", broken)
    f.directory("R30-stated", "the expert is whole and its checksum in the directory is not",
                f"R30 7 0 0 {right} {right ^ 1}", (at(5) + 40, "Q", right ^ 1))
    two = f.file(tiny(experts=[affine(1), affine(1)]))
    broken = put(two, len(two) - 64, "B", 1)
    f.add("R30-expert-1", "a bit of expert 1 is flipped",
          f"R30 7 1 0 {xxh64(broken[-SIZE:])} {xxh64(two[-SIZE:])}", broken)
    shared = f.file(tiny(shared=affine(1)))
    place = len(shared) - 2 * SIZE
    broken = put(shared, place, "B", 1)
    f.add("R30-shared", "a bit of the shared expert is flipped",
          f"R30 6 0 0 {xxh64(broken[place : place + SIZE])} {xxh64(shared[place : place + SIZE])}",
          broken)
    for encoding, planes in [(L.PLANES4, 4), (L.PLANES2, 2)]:
        data = struct.pack("<ff", 0.5, 0.0) + bytes(248) + struct.pack("<f", 0.25) + bytes(60)
        wrong = bytearray(SIZE)
        for j in range(SIZE):
            wrong[j % (SIZE // planes) * planes + j // (SIZE // planes)] = data[j]
        f.parts(f"R30-planes-{planes}", "byte planes that were not shuffled",
                f"R30 7 0 0 {xxh64(wrong)} {xxh64(data)}",
                lambda parts, e=encoding: recompressed(parts[5], zstd_frame(parts[5].decoded), e) and None,
                fields={"cacheByteCount": SIZE})
    f.parts("R30-plain", "plain zstd of bytes that were shuffled",
            f"R30 7 0 0 {xxh64(shuffle(data, 4))} {xxh64(data)}",
            lambda parts: recompressed(parts[5], zstd_frame(shuffle(parts[5].decoded, 4))) and None,
            fields={"cacheByteCount": SIZE})


def numbers(f):
    """R31 within a section."""

    def field(name, reason, offset, value, form="I", expert=None, columns=None, found=None):
        definition = tiny(columns, [expert] if expert else None)
        f.field(f"R31-{name}", reason, f"R31 7 0 {offset} {value if found is None else found} 0",
                L.EXPERT, offset, form, value, definition)

    one = bits_of(1.0)
    field("weight-nan", "a weight that is not a number", 0, NAN_BITS)
    field("weight-infinite", "an infinite weight", 0, INF_BITS)
    field("bias-infinite", "an infinite bias", 256, INF_BITS | 1 << 31)
    field("padded-output", "a weight of an output that is none", 4, one)
    field("padded-input", "a weight of an input that is none", 64, one)
    field("padded-bias", "a bias of an output that is none", 260, one)
    field("minus-zero", "-0 in the padding", 252, 0x80000000)
    hidden = Expert([Layer([[0.0]], [0.0], [0.0]), Layer([[0.0]], [0.0])])
    field("slope-nan", "a slope that is not a number", 320, NAN_BITS, expert=hidden)
    field("padded-slope", "a slope of an output that is none", 380, one, expert=hidden)
    field("layer-1", "an infinite weight in the second layer", 384, INF_BITS, expert=hidden)

    cubes = Expert([Layer([[0.0]], [0.0], [0.0]), Layer([[0.0]], [0.0])], activation=L.CUBE)
    field("cube-slope", "a slope of a cube", 320, one, expert=cubes)
    field("cube-slope-minus-zero", "a slope of -0 of a cube", 320, 0x80000000, expert=cubes)

    three = [Column("x", edges=[-1.0, 0.0, 1.0])]
    table = [[0], [0], [0]]

    def look_up(element, group=0):
        scales = [[1.0]] if element in (L.INT8, L.INT4) else None
        return Expert([Layer(table, [0.0], scales=scales)], L.LOOKUP, element, group)

    field("table-nan", "an entry of a look-up layer that is not a number", 128, NAN_BITS,
          expert=look_up(L.F32), columns=three)
    field("padded-entry", "an entry of an output that is none", 132, one, expert=look_up(L.F32),
          columns=three)
    half = Expert([Layer([[0.0]], [0.0])], element_type=L.F16)
    field("f16-infinite", "an infinite binary16", 0, 0x7C00, "H", half)
    field("f16-nan", "a binary16 that is not a number", 0, 0x7E00, "H", half)
    field("f16-padded", "a binary16 of an output that is none", 2, 1, "H", half)
    field("f16-fill", "a byte behind a table of binary16", 100, 1, "B", look_up(L.F16), three)

    byte = Expert([Layer([[0]], [0.0], scales=[[1.0]])], element_type=L.INT8)
    field("int8-128", "-128 as an int8 weight", 0, 128, "B", byte)
    field("int8-padded-input", "an int8 weight of an input that is none", 1, 1, "B", byte)
    field("int8-padded-output", "an int8 weight of an output that is none", 4, 255, "B", byte)
    field("int8-scale-nan", "a weightScale that is not a number", 64, NAN_BITS, expert=byte)
    field("int8-padded-scale", "a weightScale of an output that is none", 68, one, expert=byte)
    field("int8-table-128", "-128 in a look-up table of int8", 16, 128, "B", look_up(L.INT8), three)
    field("int8-table-fill", "a byte behind a table of int8", 63, 1, "B", look_up(L.INT8), three)

    nibble = Expert([Layer([[0]], [0.0], scales=[[1.0]])], element_type=L.INT4, group_size=4)
    field("int4-padded-input", "an int4 weight of an input that is none", 0, 0x10, "B", nibble)
    field("int4-padded-output", "an int4 weight of an output that is none", 1, 0x0F, "B", nibble)
    field("int4-fill", "a byte behind int4 weights", 40, 1, "B", nibble)
    field("int4-scale-infinite", "an infinite weightScale of a group", 64, INF_BITS, expert=nibble)
    field("int4-table-128", "-128 in the look-up table of an int4 expert", 0, 128, "B",
          look_up(L.INT4, 4), three)

    def packed(parts):
        s = parts[5]
        s.decoded = put(s.decoded, 256, "I", NAN_BITS)
        recompressed(s, zstd_frame(s.decoded))

    f.parts("R31-compressed-nan", "a bias that is not a number, compressed",
            f"R31 7 0 256 {NAN_BITS} 0", packed, fields={"cacheByteCount": SIZE})


def behind(f):
    """R31: the bytes from an expert to the next section. Zero experts in frames of 13 bytes."""

    def pack(parts):
        recompressed(parts[5], frame(zeros()))

    def one(name, reason, kind, place, definition, change):
        def edit(file):
            file[place] = 1
        f.parts(name, reason, f"R31 {kind} 0 {place} 1 0", change, definition,
                {"cacheByteCount": SIZE} if change is pack else None, edit)

    size = len(frame(zeros()))
    start = 1280 + 64  # one entry more than the smallest file
    one("R31-behind-expert", "a byte between two experts", 7, start + 64 + size,
        tiny(experts=[zero_expert(), zero_expert()]), pack)
    one("R31-behind-last-expert", "a byte between the last expert and the model card", 7, start + 63,
        tiny(experts=[zero_expert()], ancillary=[card()]), pack)
    one("R31-behind-shared", "a byte between the shared expert and one on a page", 6, 4095,
        tiny(experts=[affine(1, page_aligned=True)], shared=affine(1)), lambda parts: None)


def vectors():
    f = Factory()
    for group in (frames, damage, numbers, behind):
        group(f)
    return f.broken
