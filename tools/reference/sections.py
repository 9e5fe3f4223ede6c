"""What every row needs: schema, transform, router, head, shapes (6.1 to 6.5; rules R19 to R29)."""

import struct
from dataclasses import dataclass

import layout as L
from arithmetic import from_bits, is_finite
from layout import FormatError, nearest, u8, u32


class Check:
    """Reads fields of one section and raises with its kind and a rule."""

    def __init__(self, kind, data):
        self.kind, self.data = kind, data

    def fail(self, rule, offset, found, expected=0):
        raise FormatError(rule, self.kind, 0, offset, found, expected)

    def equal(self, rule, offset, expected, size=4):
        found = u8(self.data, offset) if size == 1 else u32(self.data, offset)
        if found != expected:
            self.fail(rule, offset, found, expected)
        return found

    def within(self, rule, offset, limits, size=4):
        found = u8(self.data, offset) if size == 1 else u32(self.data, offset)
        if nearest(found, limits) != found:
            self.fail(rule, offset, found, nearest(found, limits))
        return found

    def zeros(self, rule, start, end):
        for offset in range(start, end):
            if self.data[offset]:
                self.fail(rule, offset, self.data[offset])

    def size(self, rule, expected, at_least=False):
        found = len(self.data)
        if found < expected or (found > expected and not at_least):
            self.fail(rule, 0, found, expected)

    def number(self, rule, offset):
        """A finite f32."""
        bits = u32(self.data, offset)
        value = from_bits(bits)
        if not is_finite(value):
            self.fail(rule, offset, bits)
        return value


@dataclass
class Schema:
    """Section 6.1: kinds of the columns, and texts as bytes."""

    kinds: list
    columns: list
    targets: list
    classes: list
    categories: list  # for each column, its categories


def read_schema(data, header):
    """R19 to R22."""
    check = Check(L.SCHEMA, data)
    task, outputs, columns = header["task"], header["outputCount"], header["columnCount"]
    targets = outputs if task == L.REGRESSION else 1
    classes = (0, 2, outputs)[task]
    check.size(19, 32, at_least=True)
    for offset, expected in [(0, columns), (4, targets), (8, classes)]:
        check.equal(19, offset, expected)
    check.zeros(19, 20, 32)
    category_count, text_bytes = u32(data, 12), u32(data, 16)
    text_count = columns + targets + classes + category_count
    table = 32 + 16 * columns
    texts = table + 4 * (text_count + 1)
    check.size(19, texts + text_bytes)

    kinds, counts, total = [], [], 0
    for c in range(columns):  # R20
        at = 32 + 16 * c
        kinds.append(check.within(20, at, (0, 2), size=1))
        check.zeros(20, at + 1, at + 4)
        check.equal(20, at + 4, total)
        most = 65536 if kinds[c] == L.CATEGORICAL else 0
        counts.append(check.within(20, at + 8, (0, most)))
        check.zeros(20, at + 12, at + 16)
        total += counts[c]
    check.equal(20, 12, total)

    offsets = list(struct.unpack_from(f"<{text_count + 1}I", data, table))
    check.equal(21, table, 0)
    for i in range(1, text_count + 1):  # R21
        check.within(21, table + 4 * i, (offsets[i - 1], offsets[i - 1] + L.TEXT_MOST))
    check.equal(21, table + 4 * text_count, text_bytes)
    words = [bytes(data[texts + a : texts + b]) for a, b in zip(offsets, offsets[1:])]

    first = columns + targets + classes
    categories, position = [], first
    for count in counts:  # R22
        for code in range(1, count):
            i = position + code
            if words[i - 1] >= words[i]:
                check.fail(22, texts + offsets[i], code)
        categories.append(words[position : position + count])
        position += count
    names = words[:columns], words[columns : columns + targets], words[columns + targets : first]
    return Schema(kinds, *names, categories)


@dataclass
class Column:
    """One record of the transform (6.2) with its values."""

    kind: int
    missing_policy: int
    unknown_policy: int
    first_feature: int
    feature_count: int
    first_entry: int
    entry_count: int
    fill: float
    center: float
    scale: float
    category_count: int
    values: list


@dataclass
class Transform:
    columns: list
    entry_count: int


def read_transform(data, header, schema):
    """R23 and R24."""
    check = Check(L.TRANSFORM, data)
    columns = header["columnCount"]
    check.size(23, 16, at_least=True)
    check.equal(23, 0, columns)
    check.equal(23, 4, header["featureCount"])
    value_count = u32(data, 12)
    values_at = 16 + 48 * columns
    check.size(23, values_at + 4 * value_count)
    sums = [0, 0, 0]  # features, entries, values of the columns before
    for c in range(columns):
        at = 16 + 48 * c
        kind = check.equal(23, at, schema.kinds[c], size=1)
        counts = _check_column(check, at, kind, len(schema.categories[c]), sums)
        sums = [a + b for a, b in zip(sums, counts)]
    check.equal(23, 4, sums[0])
    check.equal(23, 8, sums[1])
    check.within(23, 8, L.ENTRY_LIMITS)
    check.equal(23, 12, sums[2])

    result = []
    for c in range(columns):
        at = 16 + 48 * c
        count, place = u32(data, at + 24), values_at + 4 * u32(data, at + 20)
        values = _check_values(check, data[at], place, count)
        constants = _check_constants(check, data[at], at, values)
        first_feature, features, first_entry, entries = struct.unpack_from("<4I", data, at + 4)
        result.append(Column(data[at], data[at + 1], data[at + 2], first_feature, features,
                             first_entry, entries, *constants, len(schema.categories[c]), values))
    return Transform(result, sums[1])


def _check_column(check, at, kind, category_count, sums):
    """R23 for one record; returns (featureCount, entryCount, valueCount)."""
    data = check.data
    if kind == L.IGNORED:
        check.equal(23, at + 1, 0, size=1)
        check.equal(23, at + 2, 0, size=1)
    else:
        missing = check.within(23, at + 1, (0, 2), size=1)
        unknown = check.within(23, at + 2, (0, int(kind == L.CATEGORICAL)), size=1)
        if kind == L.CATEGORICAL and missing == 1 and unknown == 0:
            check.fail(23, at + 1, 1, 0)
    check.zeros(23, at + 3, at + 4)
    for offset, total in zip((4, 12, 20), sums):
        check.equal(23, at + offset, total)
    _check_counts(check, at, kind, category_count)
    counts = [u32(data, at + 8), u32(data, at + 16), u32(data, at + 24)]
    check.zeros(23, at + 40, at + 48)
    return counts


def _check_counts(check, at, kind, category_count):
    """featureCount, entryCount and valueCount of a record against its kind and policies."""
    data = check.data
    missing, unknown = data[at + 1], data[at + 2]
    if kind == L.NUMERIC:
        check.equal(23, at + 8, 2 if missing == 2 else 1)
        edges = check.within(23, at + 24, L.EDGE_LIMITS)
        check.equal(23, at + 16, edges + (missing == 2))
    elif kind == L.CATEGORICAL:
        entries = category_count + unknown + (missing == 2)
        check.equal(23, at + 16, max(entries, 1))
        check.equal(23, at + 24, entries * u32(data, at + 8))
    else:
        for offset in (8, 16, 24):
            check.equal(23, at + offset, 0)


def _check_values(check, kind, place, count):
    """R24 for the values of one column."""
    values = []
    for i in range(count):
        value = check.number(24, place + 4 * i)
        if kind == L.NUMERIC:
            falls = i > 0 and not values[-1] < value
            if abs(value) > L.EDGE_MAGNITUDE or falls:
                check.fail(24, place + 4 * i, u32(check.data, place + 4 * i))
        values.append(value)
    return values


def _check_constants(check, kind, at, values):
    """R24 for fill, center and scale of one record."""
    constants = []
    for offset in (at + 28, at + 32, at + 36):
        bits = u32(check.data, offset)
        if kind != L.NUMERIC and bits:
            check.fail(24, offset, bits)
        constants.append(check.number(24, offset))
        if kind == L.NUMERIC and offset == at + 28:
            if not values[0] <= constants[0] <= values[-1]:
                check.fail(24, offset, bits)
    return constants


def read_head(data, header):
    """R27: (scale, offset, low, high) for each output."""
    check = Check(L.HEAD, data)
    check.size(27, 16 * header["outputCount"])
    records = []
    for at in range(0, len(data), 16):
        record = [check.number(27, at + 4 * i) for i in range(4)]
        if record[2] > record[3]:
            check.fail(27, at + 8, u32(data, at + 8))
        records.append(record)
    return records


def read_shapes(data, header):
    """The first half of R28: one Shape for each expert, the shared one last."""
    check = Check(L.SHAPES, data)
    check.size(28, 64 * (header["expertCount"] + header["sharedExpert"]))
    shapes = []
    for at in range(0, len(data), 64):
        first = check.within(28, at, (0, 1), size=1)
        element = check.within(28, at + 1, (0, 3), size=1)
        hidden = check.within(28, at + 2, (0, L.HIDDEN_MOST), size=1)
        activation = check.within(28, at + 3, (L.PRELU, L.CUBE if hidden else L.PRELU), size=1)
        if element == L.INT4:
            group = check.within(28, at + 4, (4, 65536))
            if group % 4:
                check.fail(28, at + 4, group, group // 4 * 4)
        else:
            group = check.equal(28, at + 4, 0)
        widths = []
        for i in range(L.HIDDEN_MOST):
            limits = L.COUNT_LIMITS if i < hidden else (0, 0)
            widths.append(check.within(28, at + 8 + 4 * i, limits))
        check.zeros(28, at + 56, at + 64)
        shapes.append(L.Shape(first, element, group, widths[:hidden], activation))
    return shapes
