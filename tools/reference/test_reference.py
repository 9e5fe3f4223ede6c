#!/usr/bin/env python3
"""Tests of the reference's own parts against independent truth: `python3 -m unittest`."""

import datetime
import decimal
import math
import random
import shutil
import struct
import subprocess
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path

import arithmetic
import texts
import times
import zstd
from arithmetic import bits_of, from_bits
from exponential import exp
from xxh64 import xxh64


def exact_to_f32(x, zero_sign=1.0):
    """A Fraction rounded to the nearest binary32, ties to even, by whole numbers alone."""
    if x == 0:
        return math.copysign(0.0, zero_sign)
    sign, x = (-1.0 if x < 0 else 1.0), abs(x)
    exponent = x.numerator.bit_length() - x.denominator.bit_length()
    if Fraction(2) ** exponent > x:
        exponent -= 1
    unit = Fraction(2) ** (max(exponent, -126) - 23)
    steps = x / unit
    whole = steps.numerator // steps.denominator
    rest = steps - whole
    if rest > Fraction(1, 2) or rest == Fraction(1, 2) and whole % 2:
        whole += 1
    value = whole * unit
    return sign * (math.inf if value >= Fraction(2) ** 128 else float(value))


def some_float(r):
    """A binary32 of any exponent, often subnormal, often with few bits."""
    way = r.randrange(5)
    if way == 0:
        return from_bits(r.getrandbits(32) & 0x807FFFFF)
    if way == 1:
        return from_bits((r.getrandbits(1) << 31) | (r.randrange(1, 255) << 23))
    while True:
        x = from_bits(r.getrandbits(32))
        if math.isfinite(x):
            return x


class ArithmeticTests(unittest.TestCase):
    def triples(self):
        r = random.Random(9)
        for _ in range(60000):
            a, b, c = some_float(r), some_float(r), some_float(r)
            if r.randrange(2):  # near cancellation and near a tie, where rounding twice goes wrong
                product = arithmetic.f32(a * b)
                if math.isfinite(product):
                    c = math.ldexp(product, r.randrange(-30, 30))
                    c = arithmetic.f32(r.choice([-c, c])) if abs(c) < 3e38 else product
            yield a, b, c

    def test_fma_is_rounded_once(self):
        for a, b, c in self.triples():
            got = arithmetic.fma(a, b, c)
            exact = Fraction(a) * Fraction(b) + Fraction(c)
            if exact:
                self.assertEqual(got, exact_to_f32(exact), (a, b, c))

    def test_fma_of_constructed_ties(self):
        r = random.Random(10)
        for _ in range(60000):
            # c has 24 bits; the product lies at half its last place, a hair beside or on it.
            scale = r.randrange(-100, 60)
            c = math.ldexp(r.randrange(1 << 23, 1 << 24), scale)
            a = math.ldexp(1.0 + r.choice([0, 1, 1 << 22]) * 2.0**-23, scale - 1 - 30)
            b = math.ldexp(1.0 + r.choice([-1, 0, 1]) * 2.0**-23, 30)
            a, b, c = (arithmetic.f32(v) for v in (a, r.choice([-b, b]), c))
            exact = Fraction(a) * Fraction(b) + Fraction(c)
            self.assertEqual(arithmetic.fma(a, b, c), exact_to_f32(exact), (a, b, c))

    def test_divide_add_multiply_and_sqrt_survive_the_second_rounding(self):
        r = random.Random(11)
        for _ in range(40000):
            a, b = some_float(r), some_float(r)
            if b:
                self.assertEqual(arithmetic.divide(a, b), exact_to_f32(Fraction(a) / Fraction(b), a * b))
            self.assertEqual(arithmetic.f32(a + b), exact_to_f32(Fraction(a) + Fraction(b)))
            self.assertEqual(arithmetic.f32(a * b), exact_to_f32(Fraction(a) * Fraction(b), a * b))
            a = abs(a)
            root = arithmetic.sqrt(a)
            # The root lies within half a unit: compare squares of the midpoints with a.
            bits = bits_of(root)
            above = (Fraction(root) + Fraction(from_bits(bits + 1))) / 2
            self.assertLess(Fraction(a), above * above)
            if bits:
                below = (Fraction(root) + Fraction(from_bits(bits - 1))) / 2
                self.assertGreater(Fraction(a), below * below)

    def test_specials(self):
        inf = math.inf
        self.assertTrue(math.isnan(arithmetic.fma(inf, 0.0, 1.0)))
        self.assertTrue(math.isnan(arithmetic.fma(inf, 1.0, -inf)))
        self.assertEqual(arithmetic.fma(3e38, 3e38, -inf), -inf)
        self.assertEqual(arithmetic.fma(3e38, 3e38, 0.0), inf)
        self.assertEqual(bits_of(arithmetic.fma(0.0, 0.0, -0.0)), 0)
        self.assertEqual(bits_of(arithmetic.fma(-0.0, 0.0, -0.0)), 0x80000000)
        self.assertEqual(arithmetic.divide(127.0, 1e-38), inf)


class TextTests(unittest.TestCase):
    def test_a_decimal_is_rounded_once(self):
        r = random.Random(11)
        for _ in range(20000):
            x = Fraction(some_float(r))
            near = Fraction(some_float(r)) if r.randrange(2) else x + x * Fraction(1, 2 ** r.randrange(20, 60))
            digits = r.randrange(1, 60)
            text = f"{decimal.Decimal(near.numerator) / decimal.Decimal(near.denominator):.{digits}e}"
            expected = exact_to_f32(Fraction(text), -1.0 if text.startswith("-") else 1.0)
            self.assertEqual(bits_of(texts.nearest_f32(text.encode())), bits_of(expected), text)

    def test_dates_are_those_of_the_standard_library(self):
        r = random.Random(12)
        epoch = datetime.datetime(1970, 1, 1)
        for _ in range(3000):
            moment = epoch + datetime.timedelta(seconds=r.randrange(-30610224000, 253402300800))
            seconds = (moment - epoch).total_seconds()
            for form, pattern in [(1, "%Y-%m-%dT%H:%M:%S"), (2, "%d %b %Y %I:%M:%S %p"),
                                  (3, "%A, %B %d, %Y %H:%M:%S"), (7, "%Y%m%d%H%M%S")]:
                text = moment.strftime(pattern)
                time = times.read_time(text, form)
                self.assertEqual(86400 * time.day + time.second, seconds, text)


class ExponentialTests(unittest.TestCase):
    def test_the_error_is_what_section_9_6_says(self):
        decimal.getcontext().prec = 50
        r = random.Random(15)
        for _ in range(20000):
            x = arithmetic.f32(r.uniform(-110.0, 88.7))
            result = exp(x)
            unit = decimal.Decimal(2) ** max(math.frexp(result)[1] - 24, -149)
            error = abs(decimal.Decimal(result) - decimal.Decimal(x).exp())
            self.assertLessEqual(error / unit, decimal.Decimal("0.5000001"), x)

    def test_specials(self):
        self.assertEqual(exp(0.0), 1.0)
        self.assertEqual(exp(89.0), math.inf)
        self.assertEqual(bits_of(exp(-1e30)), 0)
        self.assertTrue(math.isnan(exp(math.nan)))


class ChecksumTests(unittest.TestCase):
    def test_published_values(self):
        for text, value in [(b"", 0xEF46DB3751D8E999), (b"a", 0xD24EC4F1A98C6E5B),
                            (b"abc", 0x44BC2CF5AD770999)]:
            self.assertEqual(xxh64(text), value)


@unittest.skipUnless(shutil.which("zstd"), "needs the zstd command")
class ZstdTests(unittest.TestCase):
    def contents(self):
        r = random.Random(12)
        yield from (b"", b"a", b"ab" * 1000, bytes(300000), r.randbytes(100), r.randbytes(140000))
        text = (Path(__file__).resolve().parents[2] / "formats" / "model.md").read_bytes()
        yield text
        yield text * 6
        for n in (10, 100, 1000, 20000):
            numbers = struct.pack(f"<{n}f", *(r.gauss(0, 0.1) for _ in range(n)))
            yield numbers
            yield b"".join(numbers[j::4] for j in range(4))
            yield bytes(r.choice(b"aaaaabbbcd") for _ in range(n))
            yield bytes(min(255, int(r.expovariate(0.05))) for _ in range(n))

    def pack(self, content, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "content"
            path.write_bytes(content)
            command = ["zstd", "-q", "-c", "--single-thread", *options, str(path)]
            return subprocess.run(command, check=True, capture_output=True).stdout

    def test_what_the_command_packs_is_unpacked(self):
        levels = [["--fast=5"], ["-1"], ["-3", "--check"], ["-19", "--no-check"]]
        for content in self.contents():
            for options in levels:
                self.assertEqual(zstd.decompress(self.pack(content, *options)), content)

    def test_damage_never_escapes_as_another_error(self):
        content = bytes(random.Random(13).choice(b"abcdefgh  ") for _ in range(3000))
        frame, r = self.pack(content, "-19", "--check"), random.Random(14)
        for _ in range(2000):
            broken = bytearray(frame)
            broken[r.randrange(len(frame))] ^= 1 << r.randrange(8)
            cut = bytes(broken[: r.choice([len(frame), r.randrange(len(frame))])])
            try:
                self.assertEqual(zstd.decompress(cut), content)  # a bit that did not matter
            except zstd.Malformed:
                pass


if __name__ == "__main__":
    unittest.main()
