"""Experts: decoding, checksum, finite numbers, padding (sections 5.2 and 7; rules R30 and R31)."""

import math
from dataclasses import dataclass, field

import layout as L
import zstd
from arithmetic import f32, from_bits, from_half_bits
from layout import FormatError, u32
from xxh64 import xxh64


@dataclass
class Layer:
    """One layer: `weights[row][output]` as stored numbers, integers for int8 and int4."""

    look_up: bool
    element_type: int
    group_size: int
    inputs: int
    outputs: int
    weights: list = None
    scales: list = field(default_factory=list)  # weightScale[group][output]
    bias: list = None
    slopes: list = None
    activation: int = L.PRELU

    def weight(self, k, o):
        """Section 9.2: the weight as binary32 (not for a dense layer of int8)."""
        w = self.weights[k][o]
        if self.element_type in (L.F32, L.F16):
            return w
        if self.element_type == L.INT4 and not self.look_up:
            return f32(w * self.scales[k // self.group_size][o])
        return f32(w * self.scales[0][o])


def unshuffle(content, planes):
    """Byte planes back to numbers (section 5.2)."""
    n = len(content) // planes
    decoded = bytearray(len(content))
    for plane in range(planes):
        decoded[plane::planes] = content[plane * n : (plane + 1) * n]
    return bytes(decoded)


def decode(container, entry):
    """The decoded bytes of a section after R30 (its checksum included)."""
    stored = container.stored(entry)

    def fail(found, expected):
        raise FormatError(30, entry.kind, entry.index, 0, found, expected)

    if entry.encoding != L.RAW:
        try:
            frame = zstd.frame_header(stored)
        except zstd.Malformed:
            fail(0, entry.decoded)
        if frame.content_size != entry.decoded:
            fail(frame.content_size or 0, entry.decoded)
        if frame.window_size > L.pad(entry.decoded, 1024):
            fail(frame.window_size, entry.decoded)
        try:
            content = zstd.decompress(stored)
        except zstd.Malformed:
            fail(0, entry.decoded)
        stored = unshuffle(content, L.PLANE_COUNT[entry.encoding])
    computed = xxh64(stored)
    if computed != entry.checksum:
        fail(computed, entry.checksum)
    return stored


def read_expert(container, entry, shape, parts):
    """The layers of an expert after R30 and R31."""
    data = decode(container, entry)
    layers = []
    for part in parts:
        if part.name == "weights":
            look_up = part.form == "table"
            layers.append(Layer(look_up, shape.element_type, shape.group_size, part.rows, part.outputs,
                                activation=shape.activation))
        values = _read_part(data, part, entry, shape.activation)
        layer = layers[part.layer]
        if part.name == "weights":
            layer.weights = values
        elif part.name == "weightScale":
            layer.scales = values
        else:
            setattr(layer, part.name, values[0])
    i = container.entries.index(entry)
    if i + 1 < len(container.entries):
        place = container.first_nonzero(*container.padding_after(i))
        if place is not None:
            raise FormatError(31, entry.kind, entry.index, place, container.data[place], 0)
    return layers


def _element(data, part, i):
    """Element `i` of a part in storage order: (its offset, the number found, its value)."""
    if part.element == "f32":
        at = part.offset + 4 * i
        bits = u32(data, at)
        return at, bits, from_bits(bits)
    if part.element == "f16":
        at = part.offset + 2 * i
        bits = data[at] | data[at + 1] << 8
        return at, bits, from_half_bits(bits)
    if part.element == "i8":
        byte = data[part.offset + i]
        return part.offset + i, byte, byte - 256 if byte > 127 else byte
    byte = data[part.offset + i // 2]
    nibble = byte >> 4 if i % 2 else byte & 15
    return part.offset + i // 2, byte, nibble - 16 if nibble > 7 else nibble


def _is_zero(part, found, value):
    """Whether a padding number is zero, all its bits (a nibble's neighbour does not count)."""
    return value == 0 if part.element == "i4" else found == 0


def _read_part(data, part, entry, activation):
    """R31 for one part; returns values[row][output] with the padding."""
    rows = [[0.0] * part.padded_outputs for _ in range(part.padded_rows)]
    for i, (row, output) in enumerate(part.places()):
        at, found, value = _element(data, part, i)
        lawful = math.isfinite(value) and not (part.element == "i8" and value == -128)
        unused = part.name == "slopes" and activation == L.CUBE
        if row >= part.rows or output >= part.outputs or unused:
            lawful = _is_zero(part, found, value)
        if not lawful:
            raise FormatError(31, entry.kind, entry.index, at, found, 0)
        rows[row][output] = value
    for at in range(part.offset + part.byte_count, part.end):
        if data[at]:
            raise FormatError(31, entry.kind, entry.index, at, data[at], 0)
    return rows

