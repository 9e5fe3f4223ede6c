"""exp of section 9.6, used for gate probabilities and for the probabilities of classes only."""

import math

from arithmetic import f32

HIGHEST = float.fromhex("0x1.62e42fefa39efp+9")
LOWEST = float.fromhex("-0x1.74910d52d3052p+9")
INVERSE_LN2 = float.fromhex("0x1.71547652b82fep+0")
SHIFTER = float.fromhex("0x1.8p52")
LN2_HIGH = float.fromhex("0x1.62e42feep-1")
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
# c[13] to c[0]: 1 / n! rounded to nearest.
COEFFICIENTS = [float.fromhex(text) for text in """
    0x1.6124613a86d09p-33 0x1.1eed8eff8d898p-29 0x1.ae64567f544e4p-26 0x1.27e4fb7789f5cp-22
    0x1.71de3a556c734p-19 0x1.a01a01a01a01ap-16 0x1.a01a01a01a01ap-13 0x1.6c16c16c16c17p-10
    0x1.1111111111111p-7 0x1.5555555555555p-5 0x1.5555555555555p-3 0x1p-1 0x1p0 0x1p0""".split()]


def exp(x):
    """e to the power x, computed in binary64 step by step and rounded once to binary32."""
    if x != x:
        return x
    if x > HIGHEST:
        return math.inf
    if x < LOWEST:
        return 0.0
    k = (x * INVERSE_LN2 + SHIFTER) - SHIFTER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    p = COEFFICIENTS[0]
    for c in COEFFICIENTS[1:]:
        p = p * r + c
    half = int(k) // 2
    return f32(p * 2.0**half * 2.0 ** (int(k) - half))
