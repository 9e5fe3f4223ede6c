"""Invalid vectors about what every row needs: rules R19 to R29."""

import struct

import layout as L
from arithmetic import bits_of
from breaking import Factory, affine, categorical, put, tiny
from writer import Column, Expert, Layer, Node

NAN_BITS, INF_BITS = 0x7FC00000, 0x7F800000


def schema(f):
    """R19 to R22. The smallest schema: 32 + 16 + 4 * 3 + 2 bytes, `x` and `y`."""

    def field(rule, name, reason, numbers, offset, value, form="I", definition=None):
        f.field(f"R{rule}-{name}", reason, f"R{rule} 1 0 {numbers}", L.SCHEMA, offset, form, value,
                definition)

    f.content("R19-short", "a schema of 31 bytes", "R19 1 0 0 31 32", L.SCHEMA, lambda d: d[:31])
    field(19, "columnCount", "columnCount is not the header's", "0 2 1", 0, 2)
    field(19, "targetCount", "two targets for one output", "4 2 1", 4, 2)
    field(19, "classCount", "classes in a regression", "8 2 0", 8, 2)
    binary = tiny(task=L.BINARY, classes=["a", "b"])
    field(19, "binary-classes", "three classes in task 1", "8 3 2", 8, 3, definition=binary)
    field(19, "reserved", "reserved byte 31", "31 1 0", 31, 1, "B")
    field(19, "categoryCount", "a category count that does not fit the size", "0 62 66", 12, 1)
    field(19, "categoryCount-huge", "a category count of 2^32 - 1", f"0 62 {62 + 4 * (2**32 - 1)}", 12,
          2**32 - 1)
    field(19, "textByteCount", "texts of one byte more than there are", "0 62 63", 16, 3)
    f.content("R19-long", "a byte behind the texts", "R19 1 0 0 63 62", L.SCHEMA, lambda d: d + b"\0")
    field(20, "kind", "a column of kind 3", "32 3 2", 32, 3, "B")
    field(20, "reserved", "a reserved byte of a column", "35 1 0", 35, 1, "B")
    field(20, "reserved-12", "a reserved byte at the record's end", "44 1 0", 44, 1, "B")
    field(20, "firstCategory", "the first column's categories do not start at 0", "36 1 0", 36, 1)
    two = tiny([categorical(), categorical("d")])
    field(20, "firstCategory-sum", "the second column's categories overlap the first's", "52 1 2", 52, 1,
          definition=two)
    field(20, "numeric-categories", "categories of a numeric column", "40 2 0", 32, 0, "B",
          tiny([categorical()]))
    field(20, "sum", "fewer categories in the columns than in the schema", "12 2 1", 40, 1,
          definition=tiny([categorical()]))
    table = 48
    field(21, "first", "the first text does not start at 0", f"{table} 1 0", table, 1)
    field(21, "falls", "an offset falls", f"{table + 8} 1 2", table, (0, 2, 1), "3I",
          tiny(targets=["y"]))
    field(21, "beyond", "an offset beyond the texts, then one that falls", f"{table + 8} 2 100",
          table + 4, 100)
    field(21, "last", "the last text ends before the part does", f"{table + 8} 1 2", table + 8, 1)
    long = tiny()
    long.columns[0].name = "x" * 65536
    f.directory("R21-text-65536", "a text of 65,536 bytes", f"R21 1 0 {table + 4} 65536 65535",
                definition=long)
    # One column, one target, categories: texts start behind 32 + 16 + 4 * 5 bytes and 2 names.
    for name, words, reason, offset, code in [
            ("equal", ["a", "a"], "two equal categories", 71, 1),
            ("fall", ["b", "a"], "categories that fall", 71, 1),
            ("prefix", ["ab", "a"], "a longer text before the one that it starts with", 72, 1),
            ("bytes", ["é", "z"], "ordered as letters, not as bytes", 72, 1)]:
        f.directory(f"R22-{name}", reason, f"R22 1 0 {offset} {code} 0",
                    definition=tiny([categorical(categories=words)]))


def transform(f):
    """R23. The smallest transform: 16 + 48 + 8 bytes."""

    def field(name, reason, numbers, offset, value, form="I", definition=None, rule=23):
        f.field(f"R{rule}-{name}", reason, f"R{rule} 2 0 {numbers}", L.TRANSFORM, offset, form, value,
                definition)

    f.content("R23-short", "a transform of 12 bytes", "R23 2 0 0 12 16", L.TRANSFORM, lambda d: d[:12])
    f.content("R23-long", "4 bytes behind the values", "R23 2 0 0 76 72", L.TRANSFORM,
              lambda d: d + bytes(4))
    field("columnCount", "columnCount is not the header's", "0 2 1", 0, 2)
    field("featureCount", "featureCount is not the header's", "4 2 1", 4, 2)
    field("entryCount", "entryCount is not the sum", "8 3 2", 8, 3)
    field("valueCount", "valueCount does not fit the size", "0 72 76", 12, 3)
    field("kind", "a kind that is not the schema's", "16 1 0", 16, 1, "B")
    field("missingPolicy", "missingPolicy 3", "17 3 2", 17, 3, "B")
    field("unknownPolicy-numeric", "an unknownPolicy in a numeric column", "18 1 0", 18, 1, "B")
    word = tiny([categorical()])
    field("unknownPolicy", "unknownPolicy 2", "18 2 1", 18, 2, "B", word)
    field("missing-without-unknown", "missing as unknown, and unknown is refused", "17 1 0", 17, 1, "B",
          word)
    field("reserved-3", "reserved byte 3 of a record", "19 1 0", 19, 1, "B")
    field("reserved-40", "reserved byte 40 of a record", "56 1 0", 56, 1, "B")
    field("reserved-47", "reserved byte 47 of a record", "63 1 0", 63, 1, "B")
    two = tiny([Column("x"), Column("z")])
    for offset, name, right, wrong in [(4, "firstFeature", 1, 0), (12, "firstEntry", 2, 1),
                                       (20, "firstValue", 2, 0)]:
        field(name, f"{name} is not the sum of the columns before", f"{64 + offset} {wrong} {right}",
              64 + offset, wrong, definition=two)
    field("indicator", "two features without an indicator", "24 2 1", 24, 2)
    field("no-indicator", "one feature with an indicator", "24 1 2", 24, 1,
          definition=tiny([Column("x", missing=2)]))
    field("entries", "a numeric column with an entry too many", "32 3 2", 32, 3)
    one_edge = tiny([Column("x", edges=[0.0])])
    f.directory("R23-edges-1", "one edge", "R23 2 0 40 1 2", definition=one_edge)
    many = tiny([Column("x", edges=[float(i) for i in range(1026)])])
    f.directory("R23-edges-1026", "1,026 edges", "R23 2 0 40 1026 1025", definition=many)
    field("categorical-entries", "an entry too many for two categories", "32 3 2", 32, 3, definition=word)
    field("categorical-codes", "codes that are not entries times features", "40 1 2", 40, 1,
          definition=word)
    empty = tiny([Column("x"), categorical(categories=())])
    f.directory("R23-no-entries", "a categorical column without entries", "R23 2 0 80 0 1",
                definition=empty)
    ignored = tiny([Column("x"), Column("i", L.IGNORED)])
    for offset, form in [(1, "B"), (2, "B"), (8, "I"), (16, "I"), (24, "I")]:
        field(f"ignored-{offset}", f"an ignored column with a number at {offset}", f"{64 + offset} 1 0",
              64 + offset, 1, form, ignored)

    def shorter(data):
        return put(data, 4, "I", 2)

    f.content("R23-feature-sum", "featureCount 2, and the columns make one feature", "R23 2 0 4 2 1",
              L.TRANSFORM, shorter, fields={"featureCount": 2})

    def values(name, reason, definition, place, bits):
        f.directory(f"R24-{name}", reason, f"R24 2 0 {place} {bits} 0", definition=definition)

    def value(name, reason, offset, bits, definition=None):
        field(name, reason, f"{offset} {bits} 0", offset, bits, definition=definition, rule=24)

    value("edge-nan", "an edge that is not a number", 68, NAN_BITS)
    value("edge-infinite", "an infinite edge", 68, INF_BITS)
    value("edges-equal", "two equal edges", 68, bits_of(-1.0))
    value("edges-fall", "edges that fall", 68, bits_of(-2.0))
    value("edge-large", "an edge just over 2^100", 68, bits_of(2.0**100) + 1)
    value("edge-low", "an edge just under -2^100", 64, bits_of(-(2.0**100)) + 1)
    values("edges-zero", "-0 and +0 do not ascend", tiny([Column("x", edges=[-0.0, 0.0])]), 68, 0)
    for name, offset in [("fill", 44), ("center", 48), ("scale", 52)]:
        value(f"{name}-nan", f"{name} is not a number", offset, NAN_BITS)
        value(f"{name}-infinite", f"{name} is infinite", offset, INF_BITS)
        value(f"{name}-categorical", f"a {name} in a categorical column", offset, bits_of(1.0), word)
    value("fill-below", "fill below the first edge", 44, bits_of(-1.5))
    value("fill-above", "fill above the last edge", 44, bits_of(1.5))
    value("center-minus-zero", "-0 where 0 is asked for", 64 + 32, 0x80000000, ignored)
    value("code-nan", "a code that is not a number", 68, NAN_BITS, word)


def router(f):
    """R25 and R26. The smallest router: a record, 256 bytes of panels, 64 of biases, from 64 on."""

    def field(rule, name, reason, numbers, offset, value, form="I", definition=None):
        f.field(f"R{rule}-{name}", reason, f"R{rule} 3 0 {numbers}", L.ROUTER, offset, form, value,
                definition)

    groups = tiny(experts=[affine(1) for _ in range(3)])
    zero = [[0.0]]
    groups.nodes = [Node(zero * 2, [0.0] * 2), Node(zero * 2, [0.0] * 2), Node(zero, [0.0], None, 2)]
    f.content("R25-short", "a router of 15 bytes", "R25 3 0 0 15 16", L.ROUTER, lambda d: d[:15])
    f.content("R25-records-cut", "the router ends before its tensors start", "R25 3 0 0 60 64", L.ROUTER,
              lambda d: d[:60])
    f.content("R25-long", "64 bytes behind the tensors", "R25 3 0 0 448 384", L.ROUTER,
              lambda d: d + bytes(64))
    f.content("R25-cut", "the biases are missing", "R25 3 0 0 320 384", L.ROUTER, lambda d: d[:320])
    field(25, "nodeCount", "two nodes in a flat router", "0 2 1", 0, 2)
    field(25, "nodeCount-groups", "one node with two groups", "0 1 3", 0, 1, definition=groups)
    field(25, "reserved", "reserved byte 15", "15 1 0", 15, 1, "B")
    field(25, "kind", "a node of kind 3", "16 3 2", 16, 3, "B")
    field(25, "cosine-cut", "a cosine node without scales", "0 384 448", 16, 2, "B")
    field(25, "reserved-record", "a reserved byte of a node", "19 1 0", 19, 1, "B")
    field(25, "firstChild", "node 0 starts at child 1", "20 1 0", 20, 1)
    field(25, "firstChild-sum", "a group that starts within the one before", "52 1 2", 52, 1,
          definition=groups)
    field(25, "childCount", "more children than experts", "24 2 1", 24, 2)
    field(25, "childCount-groups", "more children of node 0 than groups", "24 3 2", 24, 3,
          definition=groups)
    field(25, "childCount-0", "a group without experts", "40 0 1", 40, 0, definition=groups)
    field(25, "childCount-more", "more children than experts in a group", "40 4 3", 40, 4,
          definition=groups)
    field(25, "childCount-sum", "fewer children in the groups than experts", "56 2 3", 36, (0, 1),
          "II", definition=_less(groups))
    field(25, "firstBlock", "tensors that start 64 bytes late", "28 2 1", 28, 2)
    field(25, "firstBlock-overlap", "two nodes with the same tensors", "44 1 6", 44, 1,
          definition=groups)
    field(25, "padding", "a byte between records and tensors", "63 1 0", 63, 1, "B")

    far = tiny([Column("x")])
    far.nodes = [Node(zero, [0.0], [1.0])]
    turn = tiny([Column("x")])
    turn.nodes = [Node(zero, [0.0], [1.0], kind=L.COSINE)]
    for name, reason, offset, bits, definition in [
            ("weight-nan", "a weight that is not a number", 64, NAN_BITS, None),
            ("bias-infinite", "an infinite bias", 320, INF_BITS, None),
            ("scale-infinite", "an infinite scale of a distance node", 384, INF_BITS, far),
            ("padded-output", "a weight of an output that is none", 68, bits_of(1.0), None),
            ("padded-input", "a weight of an input that is none", 128, bits_of(1.0), None),
            ("padded-bias", "a bias of an output that is none", 380, 1, None),
            ("padded-scale", "a scale of an output that is none", 388, 1, far),
            ("cosine-scale-infinite", "an infinite scale of a cosine node", 384, INF_BITS, turn),
            ("cosine-scale-0", "a scale of zero of a cosine node", 384, 0, turn),
            ("cosine-scale-negative", "a scale of a cosine node below zero", 384, bits_of(-0.5), turn),
            ("cosine-padded-scale", "a scale of an output that is none, in a cosine node", 388, 1, turn),
            ("minus-zero", "-0 in the padding", 124, 0x80000000, None)]:
        field(26, name, reason, f"{offset} {bits} 0", offset, bits, definition=definition)


def _less(groups):
    """Groups of 1 and 1 for three experts: every record lawful by itself, the sum is not."""
    zero = [[0.0]]
    result = tiny(experts=groups.experts)
    result.nodes = [groups.nodes[0], Node(zero, [0.0]), Node(zero, [0.0], None, 1)]
    return result


def head(f):
    """R27."""
    f.content("R27-long", "two records for one output", "R27 4 0 0 32 16", L.HEAD, lambda d: d + d)
    f.content("R27-short", "a head of 12 bytes", "R27 4 0 0 12 16", L.HEAD, lambda d: d[:12])
    for name, reason, offset, bits in [
            ("scale-nan", "scale is not a number", 0, NAN_BITS),
            ("offset-infinite", "offset is infinite", 4, INF_BITS),
            ("low-infinite", "low is infinite", 8, INF_BITS | 1 << 31),
            ("high-infinite", "high is infinite", 12, INF_BITS),
            ("low-above-high", "low above high", 8, bits_of(1.5))]:
        f.field(f"R27-{name}", reason, f"R27 4 0 {offset} {bits} 0", L.HEAD, offset, "I", bits)


def shapes(f):
    """R28."""

    def field(name, reason, numbers, offset, value, form="I", definition=None):
        f.field(f"R28-{name}", reason, f"R28 5 0 {numbers}", L.SHAPES, offset, form, value, definition)

    f.content("R28-long", "two records for one expert", "R28 5 0 0 128 64", L.SHAPES, lambda d: d + d)
    f.content("R28-no-shared", "no record for the shared expert", "R28 5 0 0 64 128", L.SHAPES,
              lambda d: d[:64], tiny(shared=affine(1)))
    field("firstLayer", "firstLayer 2", "0 2 1", 0, 2, "B")
    field("elementType", "elementType 4", "1 4 3", 1, 4, "B")
    field("hiddenCount", "13 hidden layers", "2 13 12", 2, 13, "B")
    field("activation-affine", "a cube without hidden layers", "3 1 0", 3, 1, "B")
    field("reserved-63", "reserved byte 63", "63 1 0", 63, 1, "B")
    field("groupSize-f32", "a group size without groups", "4 4 0", 4, 4)
    nibbles = Expert([Layer([[1]], [0.0], scales=[[1.0]])], element_type=L.INT4, group_size=4)
    for size, right in [(0, 4), (2, 4), (6, 4), (65540, 65536)]:
        field(f"groupSize-{size}", f"groups of {size}", f"4 {size} {right}", 4, size,
              definition=tiny(experts=[nibbles]))
    hidden = Expert([Layer([[0.0]], [0.0], [0.0]), Layer([[0.0]], [0.0])])
    field("activation", "activation 2", "3 2 1", 3, 2, "B", tiny(experts=[hidden]))
    field("width-0", "a hidden layer of width 0", "8 0 1", 8, 0, definition=tiny(experts=[hidden]))
    field("width-65537", "a hidden layer of width 65,537", "8 65537 65536", 8, 65537,
          definition=tiny(experts=[hidden]))
    field("width-behind", "a width behind the hidden layers", "12 1 0", 12, 1,
          definition=tiny(experts=[hidden]))
    f.content("R28-expert-long", "an expert of 64 bytes more than its shape gives", "R28 5 0 0 384 320",
              L.EXPERT, lambda d: d + bytes(64))
    f.content("R28-expert-short", "expert 1 is shorter than its shape gives", "R28 5 0 64 256 320",
              L.EXPERT, lambda d: d[:256], tiny(experts=[affine(1), affine(1)]), index=1)
    f.content("R28-shared-long", "a shared expert of 64 bytes more", "R28 5 0 64 384 320", L.SHARED,
              lambda d: d + bytes(64), tiny(shared=affine(1)))
    field("look-up", "a look-up layer with the size of a dense one", "0 320 192", 0, 1, "B")


def workspace(f):
    """R29. The smallest: fixed 48 words, row 72, block 96."""
    for name, offset, right in [("sessionByteCount", 56, 192), ("rowByteCount", 64, 288),
                                ("blockRowByteCount", 72, 384)]:
        f.directory(f"R29-{name}", f"{name} of 4 bytes less", f"R29 0 0 {offset} {right - 4} {right}",
                    (offset, "Q", right - 4))
    f.directory("R29-cache-raw", "a cache, and every expert is raw", "R29 0 0 80 320 0", (80, "Q", 320))
    packed = affine(1, encoding=L.ZSTD)
    f.directory("R29-cache-none", "no cache, and an expert is compressed", "R29 0 0 80 0 320",
                (80, "Q", 0), definition=tiny(experts=[packed]))


def vectors():
    f = Factory()
    for group in (schema, transform, router, head, shapes, workspace):
        group(f)
    return f.broken
