"""Texts of times for main.c, and what the specification's second implementation makes of them.

  expected.py DIR    writes DIR/texts (lines "FORM TEXT") and DIR/expected (the bits of the parts, or "-")
"""

import random
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import layout as L
from input_vectors import time_texts
from times import Time, part_of, read_time

PARTS = (L.DAYS, L.HOUR, L.WEEKDAY, L.MONTH, L.DAY_OF_YEAR)


def of_seconds(seconds):
    """Section 9.0: the time of a binary64 number of seconds; `divmod` of integers is exact."""
    numerator, denominator = seconds.as_integer_ratio()
    day = numerator // (86400 * denominator)
    rest = seconds - 86400.0 * day
    return Time(day, rest, 0) if rest < 86400.0 else Time(day + 1, 0.0, 0)


def cases():
    """(form, text, time): the texts of the vectors, changed ones, and numbers of seconds."""
    r = random.Random(1)
    texts = [(min(column + 1, 7) if column < 7 else L.YEAR_MONTH_DAY, text) for column, text in time_texts()]
    for form, text in list(texts):
        for _ in range(20):
            place = r.randrange(len(text) + 1)
            other = r.choice("0123456789-/.:,+ TZaApPmMjanfeb")
            texts.append((form, text[:place] + other * r.randrange(2) + text[place + r.randrange(2) :]))
        texts += [(other, text) for other in range(1, 8)]
    for form, text in texts:
        yield form, text, read_time(text.strip(" \t"), form)
    for _ in range(2000):
        seconds = r.choice([r.uniform(-6e10, 2.5e11), float(r.randrange(-10**6, 10**6)), r.uniform(-1e5, 1e5),
                            86400.0 * r.randrange(-700000, 2900000) - r.choice([0.0, 1e-9, 1e-5])])
        yield 0, repr(seconds), of_seconds(seconds)


def main(directory):
    texts, expected = [], []
    for form, text, time in cases():
        texts.append(f"{form} {text}\n")
        bits = ["%016x" % struct.unpack("<Q", struct.pack("<d", part_of(time, part))) for part in PARTS] if time else "-"
        expected.append(" ".join(bits) + "\n")
    (directory / "texts").write_text("".join(texts))
    (directory / "expected").write_text("".join(expected))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
