"""Binary32 arithmetic on Python floats (section 9): every function returns a binary32 value.

A Python float is binary64. `+`, `-`, `/` and `sqrt` computed there and rounded once more to binary32
are correctly rounded: binary64 has 53 bits, and 2 * 24 + 2 = 50 suffice for these operations to survive
the second rounding (Figueroa, "When is double rounding innocuous?", 1995). The argument holds for
subnormal results too: they only have fewer bits. A product of two binary32 is exact in binary64.
Only `fma` needs care: see there.
"""

import ctypes
import math
import struct

_c_float = ctypes.c_float

INFINITY = math.inf
NAN = math.nan


def f32(x):
    """Rounds a binary64 to the nearest binary32, ties to even; overflow gives an infinity."""
    return _c_float(x).value


def fma(a, b, c):
    """a * b + c rounded once.

    The product is exact. The sum is made in binary64 with rounding to odd (the error term of TwoSum
    says whether the sum is inexact and on which side), so that the last rounding sees a sticky bit.
    """
    product = a * b
    total = product + c
    back = total - product
    error = (product - (total - back)) + (c - back)
    if error != 0.0 and error == error:  # neither exact nor an infinity or NaN on the way
        (bits,) = struct.unpack("<q", struct.pack("<d", total))
        if bits & 1 == 0:
            total = math.nextafter(total, math.copysign(INFINITY, error))
    return _c_float(total).value


def divide(a, b):
    """a / b for b != 0, or for any b where IEEE 754 defines the result."""
    if b == 0.0:
        if a == 0.0 or a != a:
            return NAN
        return math.copysign(INFINITY, a) * math.copysign(1.0, b)
    return _c_float(a / b).value


def sqrt(a):
    """The square root of a >= 0 (or NaN, or +infinity)."""
    if a != a or a < 0.0:
        return NAN
    return _c_float(math.sqrt(a)).value


def is_finite(x):
    return x - x == 0.0


def bits_of(x):
    """The 32 bits of a binary32 as an integer; every NaN gives the quiet one."""
    if x != x:
        return 0x7FC00000
    return struct.unpack("<I", struct.pack("<f", x))[0]


def from_bits(bits):
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def from_half_bits(bits):
    """A binary16 given by its bits, converted exactly."""
    return struct.unpack("<e", struct.pack("<H", bits))[0]
