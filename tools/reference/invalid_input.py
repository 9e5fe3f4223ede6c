"""Invalid vectors about the input section: rule R33, and R12, R17 and R18 of its kind."""

import struct

import layout as L
from breaking import Factory, at, card, categorical, put, tiny
from input import Input, Number
from writer import Column, raw, zstd_frame
from xxh64 import xxh64

X, C, I, Y = (32 + 24 * record for record in range(4))  # records of tiny's columns and target
SOURCES = 32 + 24 * 4


def lawful(**more):
    """Columns x, c and i: a number, a category, an ignored one; target y; no texts."""
    said = Input([Number(2.5), Number(), Number()], [Number(-1.0)], tokens=[])
    columns = [Column("x"), categorical(), Column("i", L.IGNORED)]
    return tiny(columns, input=said, **more)


def derived(**more):
    """x is the hour of the source `when`."""
    definition = lawful(**more)
    definition.input.columns[0] = Number(0.0, 0, 1, L.HOUR)
    definition.input.sources = [(b"when", L.YEAR_MONTH_DAY)]
    return definition


def with_texts():
    """A unit `kg`, the token `NA` and the number token `-`."""
    definition = lawful()
    definition.input.columns[0].unit = b"kg"
    definition.input.tokens, definition.input.number_tokens = [b"NA"], [b"-"]
    return definition


def f64_bits(v):
    return struct.unpack("<Q", struct.pack("<d", v))[0]


def directory(f):
    """R12, R17 and R18. Entries: six up to the expert, then the input."""

    def entry(name, reason, numbers, **change):
        def edit(parts):
            for key, value in change.items():
                setattr(parts[6], key, value)
        f.parts(f"R12-input-{name}", reason, f"R12 0 0 {numbers}", edit, lawful())

    entry("ancillary", "an input that is not critical", f"{at(6) + 8} 0 1", flags=0)
    entry("index", "an input with index 1", f"{at(6) + 4} 1 0", index=1)
    entry("page-aligned", "an input on a page", f"{at(6) + 8} 3 1", flags=3)

    def pack(parts):
        s = parts[6]
        s.decoded = s.decoded + bytes(256)
        s.encoding, s.stored, s.checksum = L.ZSTD, zstd_frame(s.decoded), xxh64(s.decoded)

    f.parts("R12-input-compressed", "a compressed input", f"R12 0 0 {at(6) + 9} 1 0", pack, lawful())

    def double(parts):
        return parts + [raw(L.INPUT, 0, L.CRITICAL, parts[6].decoded)]

    f.parts("R13-input-twice", "two inputs", f"R13 0 0 {at(7)} {L.INPUT << 32} {L.INPUT << 32}", double,
            lawful())
    section = 32 + 24 * 4 + 4
    with_card = lawful(ancillary=[card()])
    end = struct.unpack_from("<Q", f.file(with_card), at(6) + 16)[0] + section
    f.after("R17-input", "a byte between the input and the model card", f"R17 9 0 {end} 1 0",
            lambda file: put(file, end, "B", 1), with_card)
    size = len(f.file(lawful()))
    start = size - section
    data = f.file(lawful())[start:]
    changed = bytes([data[0] ^ 1]) + data[1:]
    f.after("R18-input", "a bit of the input is flipped", f"R18 9 0 0 {xxh64(changed)} {xxh64(data)}",
            lambda file: put(file, start, "B", file[start] ^ 1), lawful())


def sizes(f):
    def field(name, reason, numbers, offset, value, form="I", definition=None):
        f.field(f"R33-{name}", reason, f"R33 9 0 {numbers}", L.INPUT, offset, form, value,
                definition or lawful())

    size = SOURCES + 4
    f.content("R33-short", "an input of 31 bytes", "R33 9 0 0 31 32", L.INPUT, lambda d: d[:31], lawful())
    f.content("R33-long", "a byte behind the texts", f"R33 9 0 0 {size + 1} {size}", L.INPUT,
              lambda d: d + b"\0", lawful())
    field("columnCount", "columnCount is not the header's", "0 2 3", 0, 2)
    field("targetCount", "targetCount is not the schema's", "4 2 1", 4, 2)
    for offset, name in [(8, "sourceCount"), (12, "unitCount"), (16, "tokenCount"), (20, "numberTokenCount")]:
        field(f"{name}-65537", f"{name} 65,537", f"{offset} 65537 65536", offset, 65537)
        field(f"{name}-huge", f"{name} 2^32 - 1", f"{offset} {2**32 - 1} 65536", offset, 2**32 - 1)
    field("tokenCount-size", "a token count that does not fit the size", f"0 {size} {size + 4}", 16, 1)
    field("textByteCount", "a text byte count that does not fit the size", f"0 {size} {size + 1}", 24, 1)
    field("textByteCount-huge", "a text byte count of 2^32 - 1", f"0 {size} {size + 2**32 - 1}", 24, 2**32 - 1)
    field("reserved-28", "reserved byte 28", "28 1 0", 28, 1, "B")
    field("reserved-31", "reserved byte 31", "31 1 0", 31, 1, "B")


def numbers(f):
    def field(name, reason, numbers, offset, value, form="I", definition=None, **more):
        f.field(f"R33-{name}", reason, f"R33 9 0 {numbers}", L.INPUT, offset, form, value,
                definition or lawful(), **more)

    for name, value in [("infinite", float("inf")), ("minus-infinite", -float("inf")), ("minus-zero", -0.0)]:
        field(f"origin-{name}", f"an origin of {value}", f"{X} {f64_bits(value)} 0", X, value, "d")
    field("origin-nan", "an origin that is not a number", f"{X} {0x7FF8 << 48} 0", X, 0x7FF8 << 48, "Q")
    field("origin-target-nan", "a target's origin that is not a number", f"{Y} {0x7FF0 << 48 | 1} 0", Y,
          0x7FF0 << 48 | 1, "Q")
    field("exponent-1023", "an exponent of 1,023", f"{X + 8} 1023 1022", X + 8, 1023, "i")
    field("exponent-minus-1023", "an exponent of -1,023", f"{X + 8} {2**32 - 1023} 1022", X + 8, -1023, "i")
    field("exponent-least", "an exponent of -2^31", f"{Y + 8} {2**31} 1022", Y + 8, -(2**31), "i")
    field("answer-infinite", "the head's limit times 2^1022 is infinite", f"{Y + 8} 1022 0", Y + 8, 1022, "i",
          wide())
    largest = 1.7976931348623157e308
    field("answer-sum-infinite", "the largest origin plus the head's limit times 2^971 is infinite",
          f"{Y + 8} 971 0", Y, (largest, 971), "di")
    for record, name in [(C, "categorical"), (I, "ignored")]:
        field(f"{name}-origin", f"an origin of a column that is {name}", f"{record + 7} {0x40} 0", record, 2.0, "d")
        field(f"{name}-exponent", f"an exponent of a column that is {name}", f"{record + 8} 1 0", record + 8, 1)
        field(f"{name}-decimal", f"a decimal mark of a column that is {name}", f"{record + 17} 1 0", record + 17, 1,
              "B")
    classes = tiny(task=L.BINARY, classes=["a", "b"], input=Input([Number()], [Number()], tokens=[]))
    field("classes-origin", "an origin of a classification", f"{C + 6} {0xF0} 0", C, 1.0, "d", classes)
    field("classes-grouping", "digits of a classification in groups", f"{C + 18} 1 0", C + 18, 1, "B", classes)
    field("reserved-record", "a reserved byte of a record", f"{X + 19} 1 0", X + 19, 1, "B")
    field("decimal-2", "decimal mark 2", f"{X + 17} 2 1", X + 17, 2, "B")
    field("grouping-6", "grouping 6", f"{X + 18} 6 5", X + 18, 6, "B")
    field("grouping-point", "points between digits and before the fraction", f"{X + 18} 2 0", X + 18, 2, "B")
    field("grouping-comma", "commas between digits and before the fraction", f"{Y + 18} 1 0", Y + 17, (1, 1), "2B")


def wide():
    """A head whose limits are 4 and not 1."""
    definition = lawful()
    definition.head = [(1.0, 0.0, -4.0, 4.0)]
    return definition


def sources(f):
    def field(name, reason, numbers, offset, value, form="I", definition=None):
        f.field(f"R33-{name}", reason, f"R33 9 0 {numbers}", L.INPUT, offset, form, value,
                definition or derived())

    field("source-0", "a source that no column uses", "8 1 0", X + 12, (0, 0), "IB")
    field("source-2", "source 2 of one", f"{X + 12} 2 1", X + 12, 2)
    field("source-without", "a source where there is none", f"{X + 12} 1 0", X + 12, (1, 2), "IB", lawful())
    field("source-target", "a target with a source", f"{Y + 12} 1 0", Y + 12, (1, 1), "IB")
    field("source-categorical", "a category with a source", f"{C + 12} 1 0", C + 12, (1, 1), "IB")
    two = derived()
    two.columns[1] = Column("z")
    two.nodes[0].weights, two.experts[0].layers[0].weights = [[0.0, 0.0]], [[0.5], [0.5]]
    two.input.columns[1] = Number(0.0, 0, 2, L.DAYS)
    two.input.sources.append((b"then", L.COMPACT))
    field("source-order", "the second source is used before the first", f"{X + 12} 2 1", X + 12, 2,
          definition=two)
    field("part-0", "a source and no part", f"{X + 16} 0 1", X + 16, 0, "B")
    field("part-6", "part 6", f"{X + 16} 6 5", X + 16, 6, "B")
    field("part-without", "a part and no source", f"{X + 16} 2 0", X + 16, 2, "B", lawful())
    field("part-target", "a part of a target", f"{Y + 16} 1 0", Y + 16, 1, "B")
    field("source-decimal", "a decimal mark of a part", f"{X + 17} 1 0", X + 17, 1, "B")
    field("source-grouping", "groups of digits of a part", f"{X + 18} 1 0", X + 18, 1, "B")
    united = derived()
    united.input.targets[0].unit = b"kg"
    field("source-unit", "a unit of a part", f"{X + 20} 1 0", X + 20, 1, "I", united)
    field("form-0", "no form", f"{SOURCES} 0 1", SOURCES, 0, "B")
    field("form-8", "form 8", f"{SOURCES} 8 7", SOURCES, 8, "B")
    field("form-reserved", "a reserved byte of a source", f"{SOURCES + 1} 1 0", SOURCES + 1, 1, "B")
    field("form-reserved-7", "the last reserved byte of a source", f"{SOURCES + 7} 1 0", SOURCES + 7, 1, "B")


def texts(f):
    """`kg`, `NA`, `-`: offsets 0, 2, 4, 5 from SOURCES, texts behind them."""

    def field(name, reason, numbers, offset, value, form="I", definition=None):
        f.field(f"R33-{name}", reason, f"R33 9 0 {numbers}", L.INPUT, offset, form, value,
                definition or with_texts())

    field("unit-0", "a unit that nothing has", "12 1 0", X + 20, 0)
    field("unit-2", "unit 2 of one", f"{X + 20} 2 1", X + 20, 2)
    two = with_texts()
    two.input.targets[0].unit = b"t"
    field("unit-order", "the second unit is used before the first", f"{X + 20} 2 1", X + 20, 2, definition=two)
    field("text-first", "the first text does not start at 0", f"{SOURCES} 1 0", SOURCES, 1)
    field("text-empty", "an empty token", f"{SOURCES + 8} 2 3", SOURCES + 8, 2)
    field("text-falls", "an offset falls", f"{SOURCES + 8} 1 3", SOURCES + 8, 1)
    field("text-beyond", "an offset beyond the texts, then one that falls", f"{SOURCES + 12} 5 101", SOURCES + 8, 100)
    field("text-last", "the last text ends before the part does", f"{SOURCES + 12} 4 5", SOURCES + 4, (1, 3, 4), "3I")
    text = SOURCES + 16
    for name, place, byte in [("unit-blank", 1, b" "), ("token-blank", 2, b"\t"), ("number-token-blank", 4, b" ")]:
        field(f"text-{name}", f"a blank at an end of a {name[:-6].replace('-', ' ')}",
              f"{text + place} {byte[0]} 0", text + place, byte[0], "B")
    long = lawful()
    long.input.tokens = [b"x" * 65536]
    f.directory("R33-text-65536", "a token of 65,536 bytes", f"R33 9 0 {SOURCES + 4} 65536 65535", definition=long)
    empty = lawful()
    empty.input.columns[0] = Number(0.0, 0, 1, L.DAYS)
    empty.input.sources = [(b"", L.COMPACT)]
    f.directory("R33-text-empty-source", "a source without a name", f"R33 9 0 {SOURCES + 12} 0 1", definition=empty)


def vectors():
    f = Factory()
    for group in (directory, sizes, numbers, sources, texts):
        group(f)
    return f.broken
