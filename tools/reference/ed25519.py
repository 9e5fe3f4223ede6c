"""Ed25519 (RFC 8032) and the signed message of section 8.6. Slow and plain; not constant in time."""

import hashlib
import struct

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
PREFIX = b"postern-moe-v1\0\0"


def _recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (_recover_x(BASE_Y, 0), BASE_Y)


def _add(a, b):
    product = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, P - 2, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, P - 2, P)
    return x % P, y % P


def _times(scalar, point):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def _decode(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    x = _recover_x(y, sign) if y < P else None
    return None if x is None else (x, y)


def _hash(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ORDER


def _secret(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return scalar, digest[32:]


def public_key(seed):
    return _encode(_times(_secret(seed)[0], BASE))


def sign(seed, message):
    scalar, prefix = _secret(seed)
    key = public_key(seed)
    r = _hash(prefix, message)
    point = _encode(_times(r, BASE))
    s = (r + _hash(point, key, message) * scalar) % ORDER
    return point + s.to_bytes(32, "little")


def verify(key, message, signature):
    a, r = _decode(key), _decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    right = _add(r, _times(_hash(signature[:32], key, message), a))
    return _times(s, BASE) == right


def signed_message(header_bytes, sections):
    """Section 8.6; `sections`: (kind, index, decoded bytes) of each section but the signature."""
    message = PREFIX + header_bytes[28:56]
    for kind, index, data in sections:
        message += struct.pack("<IIQ", kind, index, len(data)) + hashlib.sha256(data).digest()
    return message


def signature_section(key, signature, sections):
    """The bytes of section 37."""
    digests = b"".join(hashlib.sha256(data).digest() for _, _, data in sections)
    return struct.pack("<II8x", 1, len(sections)) + key + signature + digests
