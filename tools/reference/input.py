"""The input section: how texts become the numbers of a row (6.6; rule R33), and answers (9.5)."""

import math
import struct
from dataclasses import dataclass, field

import layout as L
from arithmetic import f32
from layout import u8, u32
from sections import Check

DEFAULT_TOKENS = [b"NA", b"N/A", b"NaN", b"null", b"None"]


@dataclass
class Number:
    """One record: a column of the row, or a target."""

    origin: float = 0.0
    exponent: int = 0
    source: int = 0  # 1 + index, 0: none
    part: int = 0
    decimal: int = L.DECIMAL_POINT
    grouping: int = L.UNGROUPED
    unit: bytes = b""

    def row_value(self, v):
        """9.0: the binary32 number of the row for a binary64 value."""
        return f32((v - self.origin) * 2.0**-self.exponent)

    def prediction(self, value):
        """9.5: the answer for a value, each operation in binary64."""
        return self.origin + value * 2.0**self.exponent


@dataclass
class Input:
    columns: list
    targets: list
    sources: list = field(default_factory=list)  # (name, form)
    tokens: list = field(default_factory=lambda: list(DEFAULT_TOKENS))
    number_tokens: list = field(default_factory=list)


def plain(columns, targets):
    """What a file without the section says."""
    return Input([Number() for _ in range(columns)], [Number() for _ in range(targets)])


def read_input(data, header, schema, head):
    """R33."""
    check = Check(L.INPUT, data)
    columns, targets = header["columnCount"], len(schema.targets)
    check.size(33, 32, at_least=True)
    check.equal(33, 0, columns)
    check.equal(33, 4, targets)
    source_count, unit_count, token_count, number_token_count = (
        check.within(33, offset, (0, L.COUNT_LIMITS[1])) for offset in (8, 12, 16, 20))
    text_bytes = u32(data, 24)
    check.zeros(33, 28, 32)
    sources_at = 32 + 24 * (columns + targets)
    table = sources_at + 8 * source_count
    text_count = source_count + unit_count + token_count + number_token_count
    texts_at = table + 4 * (text_count + 1)
    check.size(33, texts_at + text_bytes)

    counts = [source_count, unit_count]
    seen, records = [0, 0], []  # sources and units used so far
    for c in range(columns):
        numeric = schema.kinds[c] == L.NUMERIC
        records.append(_read_record(check, 32 + 24 * c, numeric, numeric, seen, counts))
    for t in range(targets):
        numeric, at = header["task"] == L.REGRESSION, 32 + 24 * (columns + t)
        records.append(_read_record(check, at, numeric, False, seen, counts))
        if numeric and not all(math.isfinite(records[-1].prediction(head[t][i])) for i in (2, 3)):
            check.fail(33, at + 8, u32(data, at + 8))
    check.equal(33, 8, seen[0])
    check.equal(33, 12, seen[1])
    forms = []
    for at in range(sources_at, table, 8):
        forms.append(check.within(33, at, (L.YEAR_MONTH_DAY, L.COMPACT), size=1))
        check.zeros(33, at + 1, at + 8)

    offsets = list(struct.unpack_from(f"<{text_count + 1}I", data, table))
    check.equal(33, table, 0)
    for i in range(1, text_count + 1):
        check.within(33, table + 4 * i, (offsets[i - 1] + 1, offsets[i - 1] + L.TEXT_MOST))
    check.equal(33, table + 4 * text_count, text_bytes)
    words = [bytes(data[texts_at + a : texts_at + b]) for a, b in zip(offsets, offsets[1:])]
    for i in range(source_count, text_count):
        for place in (offsets[i], offsets[i + 1] - 1):
            if data[texts_at + place] in b" \t":
                check.fail(33, texts_at + place, data[texts_at + place])
    names, words = words[:source_count], words[source_count:]
    units, words = words[:unit_count], words[unit_count:]
    for record in records:
        record.unit = units[record.unit - 1] if record.unit else b""
    return Input(records[:columns], records[columns:], list(zip(names, forms)),
                 words[:token_count], words[token_count:])


def _read_record(check, at, numeric, may_derive, seen, counts):
    """One record; its unit is still a number."""
    data = check.data
    if not numeric:
        check.zeros(33, at, at + 24)
    origin, exponent = struct.unpack_from("<di", data, at)
    if not math.isfinite(origin) or (origin == 0.0 and math.copysign(1.0, origin) < 0):
        check.fail(33, at, L.u64(data, at))
    if not -L.EXPONENT_MOST <= exponent <= L.EXPONENT_MOST:
        check.fail(33, at + 8, u32(data, at + 8), L.EXPONENT_MOST)
    source = check.within(33, at + 12, (0, min(seen[0] + 1, counts[0]) if may_derive else 0))
    part = check.within(33, at + 16, (L.DAYS, L.DAY_OF_YEAR) if source else (0, 0), size=1)
    written = not source
    decimal = check.within(33, at + 17, (0, L.DECIMAL_COMMA if written else 0), size=1)
    grouping = check.within(33, at + 18, (0, L.GROUPED_BY_UNDERSCORE if written else 0), size=1)
    if (decimal, grouping) in ((L.DECIMAL_POINT, L.GROUPED_BY_POINT),
                               (L.DECIMAL_COMMA, L.GROUPED_BY_COMMA)):
        check.fail(33, at + 18, grouping)
    check.zeros(33, at + 19, at + 20)
    unit = check.within(33, at + 20, (0, min(seen[1] + 1, counts[1]) if written else 0))
    seen[0], seen[1] = max(seen[0], source), max(seen[1], unit)
    return Number(origin, exponent, source, part, decimal, grouping, unit)
