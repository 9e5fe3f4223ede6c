"""Annotated bytes of a file: offset, bytes, type, field, value (appendix A)."""

import struct

import layout as L
from ancillary import check_ancillary
from arithmetic import f32
from layout import FormatError
from model import Model

SHOWN = 8  # bytes of a line


class Printer:
    """Prints lines in file order; `base` is where the current section starts."""

    def __init__(self, model):
        self.model, self.data = model, model.container.data
        self.base = 0

    def title(self, text):
        print(f"\n{text}")

    def line(self, offset, size, kind, name, value=""):
        place = self.base + offset
        shown = self.data[place : place + min(size, SHOWN)].hex(" ").upper()
        if size > SHOWN:
            shown += " …"
        print(f"{place:06X} | {shown:<25} | {kind:<9} | {name:<22} | {value}".rstrip(" |"))

    def field(self, offset, form, name):
        """One number; returns it."""
        kinds = {"B": "u8", "H": "u16", "I": "u32", "Q": "u64", "f": "f32", "i": "i32", "d": "f64"}
        (value,) = struct.unpack_from("<" + form, self.data, self.base + offset)
        size = struct.calcsize(form)
        if form == "f":
            shown = shortest(value)
        elif form == "d":
            shown = repr(value).removesuffix(".0")
        elif name in ("checksum", "directoryChecksum"):
            shown = f"{value:#018x}"
        else:
            shown = value
        self.line(offset, size, kinds[form], name, shown)
        return value

    def fields(self, offset, *pairs):
        """Numbers one behind the other; a name that is a count means reserved bytes."""
        for form, name in pairs:
            if form == "reserved":
                self.bytes(offset, name, "reserved")
                offset += name
            else:
                self.field(offset, form, name)
                offset += struct.calcsize(form)

    def bytes(self, offset, count, name, value=""):
        self.line(offset, count, f"{count} byte" + "s" * (count != 1), name, value)

    def zeros(self, start, end, name="zeros"):
        if end > start:
            self.base = 0
            self.bytes(start, end - start, name)

    def tensor(self, offset, shape, kind, name):
        """The first numbers of a tensor in storage order."""
        count, size = 1, {"f32": 4, "f16": 2, "i8": 1, "i4": 0.5}[kind]
        for n in shape:
            count *= n
        values = ""
        if kind == "f32":
            numbers = struct.unpack_from(f"<{min(count, 4)}f", self.data, self.base + offset)
            values = ", ".join(shortest(v) for v in numbers) + (", …" if count > 4 else "")
        dimensions = ", ".join(str(n) for n in shape)
        self.line(offset, int(count * size), kind, f"{name} ({dimensions})", values)


def shortest(value):
    """The shortest decimal that reads back as the same binary32."""
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if f32(float(text)) == value:
            return repr(float(text)).removesuffix(".0")
    return str(value)


def header(p):
    p.title("header")
    p.bytes(0, 8, "signature")
    ends = {46: (47, 1), 48: (52, 4), 80: (88, 40)}
    for offset, form, name in L.HEADER_FIELDS:
        p.field(offset, form, name)
        if offset in ends:
            start, size = ends[offset]
            p.bytes(start, size, "reserved")


def directory(p):
    for i, entry in enumerate(p.model.container.entries):
        name = L.KIND_NAMES.get(entry.kind, "unknown")
        p.title(f"directory, entry {i}: {name} {entry.index}")
        p.base = entry.at
        p.fields(0, ("I", "kind"), ("I", "index"), ("B", "flags"), ("B", "encoding"), ("reserved", 6),
                 ("Q", "offset"), ("Q", "storedByteCount"), ("Q", "decodedByteCount"),
                 ("Q", "checksum"), ("reserved", 16))
    p.title("directory, end")
    p.base = 0
    p.field(p.model.container.directory_end - 8, "Q", "directoryChecksum")


def schema(p, size):
    s = p.model.schema
    p.fields(0, ("I", "columnCount"), ("I", "targetCount"), ("I", "classCount"), ("I", "categoryCount"),
             ("I", "textByteCount"), ("reserved", 12))
    offset = 32
    for _ in s.columns:
        p.fields(offset, ("B", "kind"), ("reserved", 3), ("I", "firstCategory"), ("I", "categoryCount"),
                 ("reserved", 4))
        offset += 16
    words = [*s.columns, *s.targets, *s.classes, *(w for column in s.categories for w in column)]
    texts(p, offset, words)


def texts(p, offset, words):
    """Offsets of texts, and the texts."""
    for i in range(len(words) + 1):
        p.field(offset, "I", f"offset[{i}]")
        offset += 4
    for word in words:
        if word:
            p.bytes(offset, len(word), "text", ascii(word.decode("utf-8", "replace"))[:80])
        offset += len(word)


def input_section(p, size):
    said = p.model.input
    p.fields(0, ("I", "columnCount"), ("I", "targetCount"), ("I", "sourceCount"), ("I", "unitCount"),
             ("I", "tokenCount"), ("I", "numberTokenCount"), ("I", "textByteCount"), ("reserved", 4))
    offset = 32
    for _ in said.columns + said.targets:
        p.fields(offset, ("d", "origin"), ("i", "exponent"), ("I", "source"), ("B", "part"),
                 ("B", "decimal"), ("B", "grouping"), ("reserved", 1), ("I", "unit"))
        offset += 24
    for _ in said.sources:
        p.fields(offset, ("B", "form"), ("reserved", 7))
        offset += 8
    units = dict.fromkeys(n.unit for n in said.columns + said.targets if n.unit)
    texts(p, offset, [name for name, _ in said.sources] + list(units) + said.tokens + said.number_tokens)


def transform(p, size):
    p.fields(0, ("I", "columnCount"), ("I", "featureCount"), ("I", "entryCount"), ("I", "valueCount"))
    offset = 16
    for _ in p.model.schema.columns:
        p.fields(offset, ("B", "kind"), ("B", "missingPolicy"), ("B", "unknownPolicy"), ("reserved", 1),
                 ("I", "firstFeature"), ("I", "featureCount"), ("I", "firstEntry"), ("I", "entryCount"),
                 ("I", "firstValue"), ("I", "valueCount"), ("f", "fill"), ("f", "center"),
                 ("f", "scale"), ("reserved", 8))
        offset += 48
    if size > offset:
        p.tensor(offset, ((size - offset) // 4,), "f32", "values")


def router(p, size):
    p.fields(0, ("I", "nodeCount"), ("reserved", 12))
    nodes, inputs = p.model.router, L.pad(p.model.header["featureCount"], 4)
    offset = 16
    for _ in nodes:
        p.fields(offset, ("B", "kind"), ("reserved", 3), ("I", "firstChild"), ("I", "childCount"),
                 ("I", "firstBlock"))
        offset += 16
    if offset % 64:
        p.bytes(offset, -offset % 64, "zeros")
    offset = L.pad(offset, 64)
    for i, node in enumerate(nodes):
        outputs = L.pad(node.child_count, 16)
        parts = [("panels", (outputs // 16, inputs, 16)), ("bias", (outputs,))]
        parts += [] if node.kind == L.AFFINE else [("scale", (outputs,))]
        for name, shape in parts:
            p.tensor(offset, shape, "f32", f"node {i} {name}" if len(nodes) > 1 else name)
            offset += 4 * outputs * (inputs if name == "panels" else 1)


def head(p, size):
    for offset in range(0, size, 16):
        p.fields(offset, ("f", "scale"), ("f", "offset"), ("f", "low"), ("f", "high"))


def shapes(p, size):
    for offset in range(0, size, 64):
        p.fields(offset, ("B", "firstLayer"), ("B", "elementType"), ("B", "hiddenCount"),
                 ("B", "activation"), ("I", "groupSize"))
        p.line(offset + 8, 48, "12 × u32", "widths")
        p.bytes(offset + 56, 8, "reserved")


def expert(p, record):
    for part in p.model.parts(record):
        shape = {"panel": (part.padded_outputs // 16, part.padded_rows, 16),
                 "panel8": (part.padded_outputs // 16, part.padded_rows // 4, 16, 4),
                 "panel4": (part.padded_outputs // 16, part.padded_rows, 16),
                 "table": (part.padded_rows, part.padded_outputs),
                 "vector": (part.padded_outputs,)}[part.form]
        p.tensor(part.offset, shape, part.element, f"layer {part.layer} {part.name}")
        if part.end > part.offset + part.byte_count:
            fill = part.end - part.offset - part.byte_count
            p.bytes(part.offset + part.byte_count, fill, "zeros")


def router_parameters(p, size):
    p.fields(0, ("B", "outerKind"), ("B", "innerKind"), ("reserved", 2), ("f", "temperature"),
             ("f", "tau1"), ("f", "tau2"))
    nodes, inputs, offset = p.model.router, p.model.header["featureCount"], 16
    for i, node in enumerate(nodes):
        for name, shape in [("weight", (node.child_count, inputs)), ("bias", (node.child_count,)),
                            ("scale", (node.child_count,))]:
            p.tensor(offset, shape, "f32", f"node {i} {name}" if len(nodes) > 1 else name)
            offset += 4 * node.child_count * (inputs if name == "weight" else 1)


def deviations(p, size):
    p.tensor(0, (p.model.header["expertCount"], p.model.header["outputCount"]), "f32", "deviations")


def ancillary(p, entry):
    """One that breaks a rule says nothing."""
    try:
        check_ancillary(p.model, entry)
    except FormatError:
        p.bytes(0, entry.stored, "content")
        return
    ANCILLARY[entry.kind](p, entry.decoded)


ANCILLARY = {L.ROUTER_PARAMETERS: router_parameters, L.DEVIATIONS: deviations}
SECTIONS = {L.SCHEMA: schema, L.TRANSFORM: transform, L.ROUTER: router, L.HEAD: head, L.SHAPES: shapes,
            L.INPUT: input_section}


def dump(data):
    """Prints the whole file."""
    model = Model(data)
    p = Printer(model)
    header(p)
    directory(p)
    entries = model.container.entries
    end = model.container.directory_end
    for entry in entries:
        p.zeros(end, entry.offset)
        p.title(f"{L.KIND_NAMES.get(entry.kind, f'kind {entry.kind}')} {entry.index}")
        p.base = entry.offset
        if entry.kind in SECTIONS:
            SECTIONS[entry.kind](p, entry.decoded)
        elif entry.kind in (L.SHARED, L.EXPERT) and entry.encoding == L.RAW:
            expert(p, entry.index if entry.kind == L.EXPERT else model.header["expertCount"])
        elif entry.kind in ANCILLARY and entry.encoding == L.RAW:
            ancillary(p, entry)
        else:
            p.bytes(0, entry.stored, "content")
        end = entry.end
