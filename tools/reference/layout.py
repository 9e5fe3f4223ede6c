"""Names, sizes and places: sections 4 to 7 of the specification, as numbers."""

import struct
from dataclasses import dataclass

SIGNATURE = bytes.fromhex("8F4D4F450D0A1A0A")
HEADER_BYTES = 128
ENTRY_BYTES = 64
PAGE = 4096

SCHEMA, TRANSFORM, ROUTER, HEAD, SHAPES, SHARED, EXPERT = range(1, 8)
INPUT = 9
ROUTER_PARAMETERS, MODEL_CARD, PROVENANCE, HISTOGRAM, SELF_TEST, SIGNED, DEVIATIONS = range(32, 39)
KIND_NAMES = {
    1: "schema", 2: "transform", 3: "router", 4: "head", 5: "expertShapes", 6: "sharedExpert",
    7: "expert", 9: "input", 32: "routerParameters", 33: "modelCard", 34: "provenance",
    35: "routingHistogram", 36: "selfTest", 37: "signature", 38: "deviations",
}
CRITICAL, PAGE_ALIGNED = 1, 2
RAW, ZSTD, PLANES4, PLANES2 = range(4)
PLANE_COUNT = {RAW: 1, ZSTD: 1, PLANES4: 4, PLANES2: 2}

REGRESSION, BINARY, MULTICLASS = range(3)
NUMERIC, CATEGORICAL, IGNORED = range(3)
AFFINE, DISTANCE, COSINE = range(3)
TRAINED_LINEAR, TRAINED_LAPLACE, TRAINED_COSINE, TRAINED_PERTURBED_COSINE, TRAINED_PROTOTYPE = range(1, 6)
DENSE, LOOKUP = range(2)
F32, F16, INT8, INT4 = range(4)
PRELU, CUBE = range(2)
NO_SCALE, BY_PROBABILITY, BY_SCORE = range(3)
DECIMAL_POINT, DECIMAL_COMMA = range(2)
(UNGROUPED, GROUPED_BY_COMMA, GROUPED_BY_POINT, GROUPED_BY_SPACE, GROUPED_BY_APOSTROPHE,
 GROUPED_BY_UNDERSCORE) = range(6)
(YEAR_MONTH_DAY, DAY_MONTH_YEAR, MONTH_DAY_YEAR, TIME_OF_DAY, EPOCH_SECONDS, EPOCH_MILLISECONDS,
 COMPACT) = range(1, 8)
DAYS, HOUR, WEEKDAY, MONTH, DAY_OF_YEAR = range(1, 6)

# Limits of section 4: (least, most).
FILE_LIMITS = (136, 1 << 40)
SECTION_LIMITS = (6, 131072)
COUNT_LIMITS = (1, 65536)
GROUP_LIMITS = (0, 65536)
HIDDEN_MOST = 12
EDGE_LIMITS = (2, 1025)
ENTRY_LIMITS = (1, 1 << 24)
TEXT_MOST = 65535
SECTION_BYTE_LIMITS = (1, (1 << 31) - 1)
EDGE_MAGNITUDE = 2.0 ** 100
EXPONENT_MOST = 1022

# Section 5: offset, format and name of each field of the header that is not reserved.
HEADER_FIELDS = [
    (8, "H", "versionMajor"), (10, "H", "versionMinor"), (12, "I", "headerByteCount"),
    (16, "Q", "fileByteCount"), (24, "I", "sectionCount"), (28, "I", "expertCount"),
    (32, "I", "columnCount"), (36, "I", "featureCount"), (40, "I", "outputCount"),
    (44, "B", "task"), (45, "B", "gateScale"), (46, "B", "sharedExpert"),
    (48, "I", "groupCount"), (56, "Q", "sessionByteCount"), (64, "Q", "rowByteCount"),
    (72, "Q", "blockRowByteCount"), (80, "Q", "cacheByteCount"),
]
HEADER_RESERVED = [47, *range(52, 56), *range(88, 128)]


class FormatError(Exception):
    """A broken rule of section 11, with the numbers that say where and how."""

    def __init__(self, rule, kind, index, offset, found, expected):
        super().__init__(f"R{rule} {kind} {index} {offset} {found} {expected}")
        self.rule, self.kind, self.index = rule, kind, index
        self.offset, self.found, self.expected = offset, found, expected


def is_known_critical(kind):
    """Whether section 6 has the kind as critical."""
    return kind in KIND_NAMES and kind < ROUTER_PARAMETERS


def is_checked_at_open(kind):
    """Whether every row needs the section, so that it is raw and checked when the file is opened."""
    return SCHEMA <= kind <= SHAPES or kind == INPUT


def pad(n, multiple):
    """`n` rounded up to a multiple."""
    return -(-n // multiple) * multiple


def nearest(value, limits):
    """The lawful value nearest to `value`."""
    return min(max(value, limits[0]), limits[1])


def u8(data, offset):
    return data[offset]


def u32(data, offset):
    return struct.unpack_from("<I", data, offset)[0]


def u64(data, offset):
    return struct.unpack_from("<Q", data, offset)[0]


@dataclass
class Part:
    """One tensor of an expert: where it is, how its elements are ordered, which are padding."""

    layer: int
    name: str  # weights, weightScale, bias, slopes
    form: str  # panel, panel8, panel4, table, vector
    element: str  # f32, f16, i8, i4
    offset: int
    rows: int  # inputs, entries or groups that carry numbers
    padded_rows: int
    outputs: int
    padded_outputs: int

    @property
    def element_count(self):
        return self.padded_rows * self.padded_outputs

    @property
    def byte_count(self):
        bits = {"f32": 32, "f16": 16, "i8": 8, "i4": 4}[self.element]
        return self.element_count * bits // 8

    @property
    def end(self):
        return pad(self.offset + self.byte_count, 64)

    def places(self):
        """The (row, output) of each element in storage order (section 7; int4: low nibble first)."""
        if self.form in ("table", "vector"):
            for row in range(self.padded_rows):
                for output in range(self.padded_outputs):
                    yield row, output
            return
        inner = {"panel": 1, "panel8": 4, "panel4": 2}[self.form]
        for panel in range(self.padded_outputs // 16):
            for row in range(0, self.padded_rows, inner):
                for lane in range(16):
                    for step in range(inner):
                        yield row + step, panel * 16 + lane


@dataclass
class Shape:
    """One record of the section of expert shapes (6.5)."""

    first_layer: int
    element_type: int
    group_size: int
    widths: list
    activation: int = PRELU


def expert_parts(shape, feature_count, entry_count, output_count):
    """The parts of an expert in order (section 7). The last part's `end` is the decoded size."""
    parts = []
    offset = 0

    def add(layer, name, form, element, rows, padded_rows, outputs):
        nonlocal offset
        part = Part(layer, name, form, element, offset, rows, padded_rows, outputs, pad(outputs, 16))
        parts.append(part)
        offset = part.end

    sizes = [*shape.widths, output_count]
    inputs = feature_count
    for layer, outputs in enumerate(sizes):
        look_up = layer == 0 and shape.first_layer == LOOKUP
        padded = pad(inputs, 4)
        if look_up:
            element = {F32: "f32", F16: "f16", INT8: "i8", INT4: "i8"}[shape.element_type]
            add(layer, "weights", "table", element, entry_count, entry_count, outputs)
        else:
            form, element = {F32: ("panel", "f32"), F16: ("panel", "f16"), INT8: ("panel8", "i8"),
                             INT4: ("panel4", "i4")}[shape.element_type]
            add(layer, "weights", form, element, inputs, padded, outputs)
        if shape.element_type in (INT8, INT4):
            groups = 1
            if shape.element_type == INT4 and not look_up:
                groups = -(-padded // shape.group_size)
            add(layer, "weightScale", "table", "f32", groups, groups, outputs)
        add(layer, "bias", "vector", "f32", 1, 1, outputs)
        if layer < len(sizes) - 1:
            add(layer, "slopes", "vector", "f32", 1, 1, outputs)
        inputs = outputs
    return parts


def workspace(feature_count, used_columns, output_count, node_children, shapes, expert_count):
    """(sessionByteCount, rowByteCount, blockRowByteCount) of section 10."""
    features, columns = pad(feature_count, 16), pad(used_columns, 16)
    outputs = pad(output_count, 16)
    scores = pad(max(node_children), 16)
    widest = max([outputs] + [pad(w, 16) for shape in shapes for w in shape.widths])
    all_experts = len(shapes)
    fixed = (pad(-(-all_experts // 32), 16) + pad(2 * expert_count, 16) + pad(expert_count + 1, 16))
    row = features + 2 * columns + outputs + 8
    block = features + 2 * columns + scores + 2 * widest
    return 4 * fixed, 4 * row, 4 * block
