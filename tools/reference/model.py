"""A whole model: opens a file under R1 to R29 and R33, hands out experts under R30 and R31 and the rest under R18 and R32."""

import layout as L
from ancillary import check_ancillary
from container import Container
from experts import read_expert
from input import plain, read_input
from layout import FormatError
from router import read_router
from sections import read_head, read_schema, read_shapes, read_transform


class Model:
    """An open file. Experts are read when first used (section 11)."""

    def __init__(self, data):
        self.container = c = Container(data)
        self.header = c.header
        self.schema = read_schema(c.section(L.SCHEMA), c.header)
        self.transform = read_transform(c.section(L.TRANSFORM), c.header, self.schema)
        self.router = read_router(c.section(L.ROUTER), c.header)
        self.head = read_head(c.section(L.HEAD), c.header)
        self.shapes = read_shapes(c.section(L.SHAPES), c.header)
        self._check_sizes()
        self._check_workspace()
        self.input = self._read_input()
        self._experts = {}

    def _read_input(self):
        """Section 6.6, or what a file without it says."""
        entry = self.container.find(L.INPUT)
        if entry is None:
            return plain(self.header["columnCount"], len(self.schema.targets))
        return read_input(self.container.stored(entry), self.header, self.schema, self.head)

    def parts(self, record):
        """The parts of the expert that record `record` of the expert shapes describes."""
        h = self.header
        return L.expert_parts(self.shapes[record], h["featureCount"],
                              self.transform.entry_count, h["outputCount"])

    def entry_of(self, record):
        """The directory's entry for that record: the shared expert stands last."""
        if record == self.header["expertCount"]:
            return self.container.find(L.SHARED)
        return self.container.find(L.EXPERT, record)

    def expert(self, record):
        """The layers of an expert, checked at first use."""
        if record not in self._experts:
            self._experts[record] = read_expert(
                self.container, self.entry_of(record), self.shapes[record], self.parts(record))
        return self._experts[record]

    def shared_expert(self):
        if not self.header["sharedExpert"]:
            return None
        return self.expert(self.header["expertCount"])

    def verify(self):
        """Everything: all experts, all ancillary sections."""
        for record in range(len(self.shapes)):
            self.expert(record)
        for entry in self.container.entries:
            if not L.is_known_critical(entry.kind):
                check_ancillary(self, entry)

    def _check_sizes(self):
        """The second half of R28."""
        for record in range(len(self.shapes)):
            entry, size = self.entry_of(record), self.parts(record)[-1].end
            if entry.decoded != size:
                raise FormatError(28, L.SHAPES, 0, 64 * record, entry.decoded, size)

    def _check_workspace(self):
        """R29."""
        h = self.header
        used = sum(kind != L.IGNORED for kind in self.schema.kinds)
        children = [node.child_count for node in self.router]
        sizes = L.workspace(h["featureCount"], used, h["outputCount"], children, self.shapes,
                            h["expertCount"])
        compressed = [e.decoded for e in self.container.entries
                      if e.kind == L.EXPERT and e.encoding != L.RAW]
        fields = [(56, "sessionByteCount"), (64, "rowByteCount"), (72, "blockRowByteCount"),
                  (80, "cacheByteCount")]
        for (offset, name), size in zip(fields, [*sizes, max(compressed, default=0)]):
            if h[name] != size:
                raise FormatError(29, 0, 0, offset, h[name], size)
