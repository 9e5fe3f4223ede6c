"""Texts to the numbers of a row (section 9.0)."""

import re
from fractions import Fraction

import layout as L
from arithmetic import INFINITY, NAN, bits_of, f32, from_bits
from predict import Refused
from times import part_of, read_time

BLANKS = b" \t"
WIDE_BLANKS = [b" ", b"\t", "\u00a0".encode(), "\u202f".encode()]
MARKS = {
    L.GROUPED_BY_COMMA: [b","],
    L.GROUPED_BY_POINT: [b"."],
    L.GROUPED_BY_SPACE: [b" ", "\u00a0".encode(), "\u202f".encode()],
    L.GROUPED_BY_APOSTROPHE: [b"'", "\u2019".encode()],
    L.GROUPED_BY_UNDERSCORE: [b"_"],
}
DECIMAL = re.compile(rb"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")


def trim_wide(text):
    """Without blanks at both ends, the wide ones too."""
    again = True
    while again:
        again = False
        for blank in WIDE_BLANKS:
            if text.startswith(blank):
                text, again = text[len(blank) :], True
            if text.endswith(blank):
                text, again = text[: -len(blank)], True
    return text


def without_unit(text, unit):
    """The unit, once, at the start, behind a sign at the start, or at the end."""
    if text.startswith(unit):
        return trim_wide(text[len(unit) :])
    if text[:1] in (b"+", b"-") and text[1:].startswith(unit):
        return text[:1] + trim_wide(text[1 + len(unit) :])
    if text.endswith(unit):
        return trim_wide(text[: -len(unit)])
    return text


def plain_decimal(text, number):
    """The decimal number with a point that a trimmed text says, as text; None for none."""
    if number.unit:
        text = without_unit(text, number.unit)
    mark = b"," if number.decimal == L.DECIMAL_COMMA else b"."
    if number.grouping != L.UNGROUPED:
        group = b"(?:" + b"|".join(re.escape(m) for m in MARKS[number.grouping]) + b")"
        grouped = re.match(rb"([+-]?)([1-9]\d{0,2}(?:" + group + rb"\d{3})+)(?!\d)", text)
        if grouped:
            digits = re.sub(group, b"", grouped[2])
            text = grouped[1] + digits + text[grouped.end() :]
    if mark == b",":
        text = text.replace(b".", b"\0").replace(b",", b".", 1)
    return text if DECIMAL.fullmatch(text) else None


def nearest_f32(decimal):
    """A decimal number rounded once to binary32, ties to even."""
    exact = abs(exact_value(decimal))
    near = f32(float(exact)) if exact < Fraction(2) ** 1000 else INFINITY
    bits = bits_of(near)
    best = min((b for b in (bits - 1, bits, bits + 1) if 0 <= b <= 0x7F800000),
               key=lambda b: (abs(distance(b) - exact), b & 1))
    return from_bits(best | (0x80000000 if decimal.startswith(b"-") else 0))


def distance(bits):
    """A binary32 number as a fraction; infinity as the number that would follow."""
    return Fraction(2) ** 128 if bits == 0x7F800000 else Fraction(from_bits(bits))


def exact_value(decimal):
    return Fraction(decimal.decode())


def same(token, text, number):
    """Whether a trimmed text is a token: as a text, or as a number."""
    if token.lower() == text.lower():
        return True
    values = [plain_decimal(t, number) for t in (token, text)]
    return None not in values and float(values[0]) == float(values[1])


def is_missing(text, tokens, number):
    return not text or any(same(token, text, number) for token in tokens)


def category_code(text, categories):
    """The code of a category; their number for one that is not known."""
    if text in categories:
        return categories.index(text)
    if DECIMAL.fullmatch(text):
        value = Fraction(text.decode())
        for code, known in enumerate(categories):
            trimmed = known.strip(BLANKS)
            if DECIMAL.fullmatch(trimmed) and Fraction(trimmed.decode()) == value:
                return code
    if text.lower() in (b"true", b"false"):
        for code, known in enumerate(categories):
            if known.strip(BLANKS).lower() == text.lower():
                return code
    return len(categories)


def number_of(text, number):
    """9.0, a numeric column: the number of the row; `text` is trimmed and not missing."""
    decimal = plain_decimal(text, number)
    if decimal is None:
        raise Refused("not a number")
    if number.origin == 0.0 and number.exponent == 0:
        return nearest_f32(decimal)
    return number.row_value(float(decimal))


def value_of(text, number, form=None):
    """The binary64 value that `load(binary64:)` takes for a text."""
    if form is None:
        decimal = plain_decimal(text, number)
        if decimal is None:
            raise Refused("not a number")
        return float(decimal)
    time = read_time(text.decode("utf-8", "replace"), form)
    if time is None:
        raise Refused("not a time")
    return part_of(time, number.part)


def column_text(model, column, text):
    """The trimmed text of a column, or of its source; None if it is missing."""
    number, said = model.input.columns[column], model.input
    text = text.strip(BLANKS)
    tokens = said.tokens
    if model.schema.kinds[column] == L.NUMERIC:
        tokens = tokens + said.number_tokens
    return None if is_missing(text, tokens, number) else text


def row_number(model, column, text):
    """The number of section 9.1 for a text; Refused if it says none."""
    kind, number = model.schema.kinds[column], model.input.columns[column]
    if kind == L.IGNORED:
        return NAN
    text = column_text(model, column, text)
    if text is None:
        return NAN
    if kind == L.CATEGORICAL:
        return float(category_code(text, model.schema.categories[column]))
    if number.source:
        return number.row_value(value_of(text, number, model.input.sources[number.source - 1][1]))
    return number_of(text, number)


def row_value(model, column, text):
    """The binary64 value for a text, as `load(binary64:)` takes it."""
    kind, number = model.schema.kinds[column], model.input.columns[column]
    if kind != L.NUMERIC:
        return row_number(model, column, text)
    text = column_text(model, column, text)
    if text is None:
        return NAN
    form = model.input.sources[number.source - 1][1] if number.source else None
    return value_of(text, number, form)
