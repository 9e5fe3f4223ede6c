"""Writes `.moe` files from plain values (sections 5 to 8): for vectors, not for production."""

import struct
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import layout as L
from layout import pad
from xxh64 import xxh64


@dataclass
class Column:
    """A column of the schema and of the transform."""

    name: str
    kind: int = L.NUMERIC
    missing: int = 0
    unknown: int = 0
    edges: list = field(default_factory=lambda: [-1.0, 1.0])
    fill: float = 0.0
    center: float = 0.0
    scale: float = 1.0
    categories: list = field(default_factory=list)
    codes: list = field(default_factory=list)  # one list of numbers for each entry

    @property
    def feature_count(self):
        if self.kind == L.NUMERIC:
            return 2 if self.missing == 2 else 1
        return len(self.codes[0]) if self.codes else 0

    @property
    def entry_count(self):
        if self.kind == L.NUMERIC:
            return len(self.edges) + (self.missing == 2)
        if self.kind == L.CATEGORICAL:
            return len(self.categories) + self.unknown + (self.missing == 2)
        return 0

    @property
    def values(self):
        if self.kind == L.NUMERIC:
            return self.edges
        return [v for row in self.codes for v in row] if self.kind == L.CATEGORICAL else []


@dataclass
class Node:
    """A node of the router: `weights[o][k]`, `bias[o]`, and `scale[o]` for a kind that has some."""

    weights: list
    bias: list
    scale: list = None
    first_child: int = 0
    kind: int = None  # distance with a scale, else affine

    def __post_init__(self):
        if self.kind is None:
            self.kind = L.AFFINE if self.scale is None else L.DISTANCE


@dataclass
class Layer:
    """`weights[k][o]` (or `[entry][o]`), `bias[o]`, `slopes[o]`, `scales[group][o]`."""

    weights: list
    bias: list
    slopes: list = None
    scales: list = None


@dataclass
class Expert:
    layers: list
    first_layer: int = L.DENSE
    element_type: int = L.F32
    group_size: int = 0
    encoding: int = L.RAW
    page_aligned: bool = False
    activation: int = L.PRELU

    @property
    def shape(self):
        widths = [len(layer.bias) for layer in self.layers[:-1]]
        return L.Shape(self.first_layer, self.element_type, self.group_size, widths, self.activation)


@dataclass
class Definition:
    """All that a file says."""

    columns: list
    nodes: list
    experts: list
    head: list  # (scale, offset, low, high) for each output
    task: int = L.REGRESSION
    targets: list = field(default_factory=lambda: ["y"])
    classes: list = field(default_factory=list)
    gate_scale: int = 0
    shared: Expert = None
    ancillary: list = field(default_factory=list)  # Section values
    minor: int = None  # 1 with an input, else 0
    input: object = None  # an input.Input

    def __post_init__(self):
        if self.minor is None:
            self.minor = int(self.input is not None)

    @property
    def feature_count(self):
        return sum(c.feature_count for c in self.columns)

    @property
    def entry_count(self):
        return sum(c.entry_count for c in self.columns)


@dataclass
class Section:
    """One section before it has a place; `stored` are its bytes in the file."""

    kind: int
    index: int
    flags: int
    encoding: int
    decoded: bytes
    stored: bytes
    checksum: int


def raw(kind, index, flags, data):
    return Section(kind, index, flags, L.RAW, data, data, xxh64(data))


def zstd_frame(data):
    """One frame with its content size and without checksum, level 19, by the zstd command."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content"
        path.write_bytes(data)
        command = ["zstd", "--no-check", "--single-thread", "-q", "-19", "-c", str(path)]
        return subprocess.run(command, check=True, capture_output=True).stdout


def shuffle(data, planes):
    """Section 5.2: all first bytes of the numbers, then all second bytes, and so on."""
    return b"".join(data[plane::planes] for plane in range(planes))


def floats(values):
    return struct.pack(f"<{len(values)}f", *values)


def schema(d):
    """Section 6.1."""
    texts = [c.name for c in d.columns] + list(d.targets) + list(d.classes)
    records, first = b"", 0
    for c in d.columns:
        count = len(c.categories) if c.kind == L.CATEGORICAL else 0
        records += struct.pack("<BxxxIIxxxx", c.kind, first, count)
        first += count
        texts += c.categories if count else []
    words = [t if isinstance(t, bytes) else t.encode() for t in texts]
    offsets, end = [0], 0
    for word in words:
        end += len(word)
        offsets.append(end)
    head = struct.pack("<5I12x", len(d.columns), len(d.targets), len(d.classes), first, end)
    return head + records + struct.pack(f"<{len(offsets)}I", *offsets) + b"".join(words)


def transform(d):
    """Section 6.2."""
    records, values, features, entries = b"", [], 0, 0
    for c in d.columns:
        numeric = c.kind == L.NUMERIC
        constants = (c.fill, c.center, c.scale) if numeric else (0.0, 0.0, 0.0)
        policies = (0, 0) if c.kind == L.IGNORED else (c.missing, c.unknown)
        records += struct.pack("<3Bx6I3f8x", c.kind, *policies, features, c.feature_count, entries,
                               c.entry_count, len(values), len(c.values), *constants)
        features += c.feature_count
        entries += c.entry_count
        values += c.values
    return struct.pack("<4I", len(d.columns), features, entries, len(values)) + records + floats(values)


def router(d):
    """Section 6.3."""
    head = struct.pack("<I12x", len(d.nodes))
    tensors, inputs = b"", pad(d.feature_count, 4)
    start = pad(16 + 16 * len(d.nodes), 64)
    for node in d.nodes:
        count = len(node.bias)
        head += struct.pack("<BxxxIII", node.kind, node.first_child, count,
                            (start + len(tensors)) // 64)
        for panel in range(pad(count, 16) // 16):
            for k in range(inputs):
                for o in range(panel * 16, panel * 16 + 16):
                    there = o < count and k < d.feature_count
                    tensors += floats([node.weights[o][k] if there else 0.0])
        for vector in [node.bias] + ([node.scale] if node.scale else []):
            tensors += floats(vector + [0.0] * (pad(count, 16) - count))
    return head.ljust(start, b"\0") + tensors


def shapes(d):
    """Section 6.5."""
    data = b""
    for expert in d.experts + ([d.shared] if d.shared else []):
        s = expert.shape
        widths = s.widths + [0] * (L.HIDDEN_MOST - len(s.widths))
        data += struct.pack("<BBBBI12I8x", s.first_layer, s.element_type, len(s.widths), s.activation,
                            s.group_size, *widths)
    return data


def input_section(said):
    """Section 6.6. Units are numbered by their first use."""
    units, records, forms = [], b"", b""
    for n in said.columns + said.targets:
        if n.unit and n.unit not in units:
            units.append(n.unit)
        unit = units.index(n.unit) + 1 if n.unit else 0
        records += struct.pack("<diI4BI", n.origin, n.exponent, n.source, n.part, n.decimal,
                               n.grouping, 0, unit)
    for _, form in said.sources:
        forms += struct.pack("<B7x", form)
    words = [name for name, _ in said.sources] + units + said.tokens + said.number_tokens
    offsets, end = [0], 0
    for word in words:
        end += len(word)
        offsets.append(end)
    head = struct.pack("<8I", len(said.columns), len(said.targets), len(said.sources), len(units),
                       len(said.tokens), len(said.number_tokens), end, 0)
    return head + records + forms + struct.pack(f"<{len(offsets)}I", *offsets) + b"".join(words)


def expert_bytes(d, expert):
    """Section 7."""
    parts = L.expert_parts(expert.shape, d.feature_count, d.entry_count, len(d.head))
    data = bytearray(parts[-1].end)
    for part in parts:
        layer = expert.layers[part.layer]
        rows = {"weights": layer.weights, "weightScale": layer.scales, "bias": [layer.bias],
                "slopes": [layer.slopes]}[part.name]
        for i, (row, output) in enumerate(part.places()):
            value = rows[row][output] if row < part.rows and output < part.outputs else 0
            if part.element == "i4":
                data[part.offset + i // 2] |= (value & 15) << 4 * (i % 2)
            else:
                form, size = {"f32": ("<f", 4), "f16": ("<e", 2), "i8": ("<b", 1)}[part.element]
                struct.pack_into(form, data, part.offset + size * i, value)
    return bytes(data)


def expert_section(d, kind, index, expert):
    data = expert_bytes(d, expert)
    flags = L.CRITICAL | (L.PAGE_ALIGNED if expert.page_aligned else 0)
    section = raw(kind, index, flags, data)
    if expert.encoding != L.RAW:
        section.encoding = expert.encoding
        section.stored = zstd_frame(shuffle(data, L.PLANE_COUNT[expert.encoding]))
        assert len(section.stored) < len(data), "a writer stores raw what does not shrink"
    return section


def sections(d):
    """All sections of a definition in order."""
    head = b"".join(floats(record) for record in d.head)
    result = [raw(L.SCHEMA, 0, 1, schema(d)), raw(L.TRANSFORM, 0, 1, transform(d)),
              raw(L.ROUTER, 0, 1, router(d)), raw(L.HEAD, 0, 1, head),
              raw(L.SHAPES, 0, 1, shapes(d))]
    if d.shared:
        result.append(expert_section(d, L.SHARED, 0, d.shared))
    result += [expert_section(d, L.EXPERT, i, e) for i, e in enumerate(d.experts)]
    if d.input:
        result.append(raw(L.INPUT, 0, L.CRITICAL, input_section(d.input)))
    result += [replace(s) for s in d.ancillary]
    return sorted(result, key=lambda s: (s.kind, s.index))


def header(d, all_sections):
    """The fields of section 5 except fileByteCount and sectionCount, which `assemble` adds."""
    used = sum(c.kind != L.IGNORED for c in d.columns)
    shape_list = [e.shape for e in d.experts] + ([d.shared.shape] if d.shared else [])
    sizes = L.workspace(d.feature_count, used, len(d.head), [len(n.bias) for n in d.nodes],
                        shape_list, len(d.experts))
    packed = [len(s.decoded) for s in all_sections if s.kind == L.EXPERT and s.encoding != L.RAW]
    return {
        "versionMajor": 1, "versionMinor": d.minor, "headerByteCount": L.HEADER_BYTES,
        "expertCount": len(d.experts), "columnCount": len(d.columns),
        "featureCount": d.feature_count, "outputCount": len(d.head), "task": d.task,
        "gateScale": d.gate_scale, "sharedExpert": int(d.shared is not None),
        "groupCount": len(d.nodes) - 1, "sessionByteCount": sizes[0], "rowByteCount": sizes[1],
        "blockRowByteCount": sizes[2], "cacheByteCount": max(packed, default=0),
    }


def assemble(fields, all_sections, edit=None):
    """The file. `edit(file)` may change header and directory before their checksum is made."""
    fields = {"sectionCount": len(all_sections), **fields}
    end = L.HEADER_BYTES + L.ENTRY_BYTES * len(all_sections) + 8
    directory, body = b"", b""
    base = end
    for s in all_sections:
        start = pad(end, L.PAGE if s.flags & L.PAGE_ALIGNED else 64)
        directory += struct.pack("<IIBB6x4Q16x", s.kind, s.index, s.flags, s.encoding, start,
                                 len(s.stored), len(s.decoded), s.checksum)
        body += bytes(start - end) + s.stored
        end = start + len(s.stored)
    fields.setdefault("fileByteCount", end)
    head = bytearray(L.HEADER_BYTES)
    head[:8] = L.SIGNATURE
    for offset, form, name in L.HEADER_FIELDS:
        struct.pack_into("<" + form, head, offset, fields[name])
    file = bytearray(head + directory + bytes(8) + body)
    if edit:
        edit(file)
    struct.pack_into("<Q", file, base - 8, xxh64(file[: base - 8]))
    return bytes(file)


def write(d, edit=None):
    """The bytes of a definition."""
    all_sections = sections(d)
    return assemble(header(d, all_sections), all_sections, edit)
