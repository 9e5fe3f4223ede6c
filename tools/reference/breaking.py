"""How a vector of formats/vectors/invalid is made: a lawful file, one change, the error by hand.

The expected numbers are written down with each change and never taken from the reader.
"""

import struct
from dataclasses import dataclass

import layout as L
from writer import Column, Definition, Expert, Layer, Node, assemble, header, raw, sections
from xxh64 import xxh64


@dataclass
class Broken:
    """One invalid file."""

    name: str
    reason: str
    error: str
    file: bytes


def tiny(columns=None, experts=None, outputs=1, **more):
    """A small lawful definition whose numbers are all zero but lawful."""
    columns = columns or [Column("x")]
    features = sum(c.feature_count for c in columns)
    experts = experts or [affine(features, outputs)]
    node = Node([[0.0] * features for _ in experts], [0.0] * len(experts))
    head = [(1.0, 0.0, -1.0, 1.0)] * outputs
    return Definition(columns, [node], experts, head, **more)


def affine(inputs, outputs=1, **more):
    """An expert without hidden layer."""
    return Expert([Layer([[0.5] * outputs for _ in range(inputs)], [0.25] * outputs)], **more)


def card(text=b"{}"):
    return raw(L.MODEL_CARD, 0, 0, text)


def categorical(name="c", categories=("a", "b"), features=1, missing=0, unknown=0):
    count = len(categories) + unknown + (missing == 2)
    return Column(name, L.CATEGORICAL, missing, unknown, categories=list(categories),
                  codes=[[0.5] * features for _ in range(count)])


def put(data, offset, form, *values):
    """`data` with little-endian values at an offset."""
    result = bytearray(data)
    struct.pack_into("<" + form, result, offset, *values)
    return bytes(result)


def at(position):
    """Where entry `position` of the directory stands in the file."""
    return L.HEADER_BYTES + L.ENTRY_BYTES * position


class Factory:
    """Collects vectors; each method makes one change at one level of the file."""

    def __init__(self):
        self.broken = []

    def add(self, name, reason, error, file):
        self.broken.append(Broken(name, reason, error, bytes(file)))

    def cut(self, name, reason, error, count, definition=None, stated=None):
        """The first `count` bytes of a file, which states that size or another."""
        file = self.file(definition or tiny())[:count]
        if stated is not None:
            file = put(file, 16, "Q", stated)
        self.add(name, reason, error, file)

    def file(self, definition, edit=None):
        parts = sections(definition)
        return assemble(header(definition, parts), parts, edit)

    def after(self, name, reason, error, change, definition=None):
        """Changes the finished file; no checksum is made anew."""
        self.add(name, reason, error, change(self.file(definition or tiny())))

    def directory(self, name, reason, error, *places, definition=None):
        """Changes header or directory before their checksum is made: (offset, form, value)."""

        def edit(file):
            for offset, form, value in places:
                struct.pack_into("<" + form, file, offset, value)

        self.add(name, reason, error, self.file(definition or tiny(), edit))

    def parts(self, name, reason, error, change, definition=None, fields=None, edit=None):
        """Changes the list of sections; offsets, sizes and the header follow it."""
        definition = definition or tiny()
        parts = sections(definition)
        head = header(definition, parts)
        parts = change(parts) or parts
        self.add(name, reason, error, assemble({**head, **(fields or {})}, parts, edit))

    def content(self, name, reason, error, kind, change, definition=None, fields=None, index=0):
        """Changes what a section says; its checksum is made anew."""

        def replace(parts):
            for i, s in enumerate(parts):
                if (s.kind, s.index) == (kind, index):
                    parts[i] = raw(kind, index, s.flags, change(s.decoded))

        self.parts(name, reason, error, replace, definition, fields)

    def field(self, name, reason, error, kind, offset, form, value, definition=None, fields=None,
              index=0):
        """Changes one number of a section."""
        values = value if isinstance(value, tuple) else (value,)
        self.content(name, reason, error, kind, lambda data: put(data, offset, form, *values),
                     definition, fields, index)


def recompressed(section, stored, encoding=L.ZSTD):
    """The section with other stored bytes and the checksum of the same decoded ones."""
    section.encoding, section.stored = encoding, stored
    section.checksum = xxh64(section.decoded)
    return section
