"""XXH64 with seed 0: the checksum of the directory and of every section (section 5.1)."""

import struct

MASK = (1 << 64) - 1
P1 = 0x9E3779B185EBCA87
P2 = 0xC2B2AE3D27D4EB4F
P3 = 0x165667B19E3779F9
P4 = 0x85EBCA77C2B2AE63
P5 = 0x27D4EB2F165667C5


def _rotate(x, count):
    return ((x << count) | (x >> (64 - count))) & MASK


def _round(accumulator, lane):
    return _rotate((accumulator + lane * P2) & MASK, 31) * P1 & MASK


def xxh64(data):
    """The 64-bit hash of `data` as an integer."""
    size = len(data)
    position = 0
    if size >= 32:
        v = [(P1 + P2) & MASK, P2, 0, -P1 & MASK]
        while position + 32 <= size:
            lanes = struct.unpack_from("<4Q", data, position)
            v = [_round(a, lane) for a, lane in zip(v, lanes)]
            position += 32
        h = (_rotate(v[0], 1) + _rotate(v[1], 7) + _rotate(v[2], 12) + _rotate(v[3], 18)) & MASK
        for a in v:
            h = ((h ^ _round(0, a)) * P1 + P4) & MASK
    else:
        h = P5
    h = (h + size) & MASK
    while position + 8 <= size:
        (lane,) = struct.unpack_from("<Q", data, position)
        h = (_rotate(h ^ _round(0, lane), 27) * P1 + P4) & MASK
        position += 8
    if position + 4 <= size:
        (lane,) = struct.unpack_from("<I", data, position)
        h = (_rotate(h ^ (lane * P1 & MASK), 23) * P2 + P3) & MASK
        position += 4
    for byte in data[position:]:
        h = _rotate(h ^ (byte * P5 & MASK), 11) * P1 & MASK
    h = (h ^ (h >> 33)) * P2 & MASK
    h = (h ^ (h >> 29)) * P3 & MASK
    return h ^ (h >> 32)
