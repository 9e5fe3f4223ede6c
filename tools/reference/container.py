"""The container: header, directory, padding and checksums (section 5; rules R1 to R18)."""

import struct
from dataclasses import dataclass

import layout as L
from layout import FormatError, nearest
from xxh64 import xxh64

U64_MOST = (1 << 64) - 1


@dataclass
class Entry:
    """One entry of the directory (section 5.1); `at` is its own place in the file."""

    at: int
    kind: int
    index: int
    flags: int
    encoding: int
    offset: int
    stored: int
    decoded: int
    checksum: int

    @property
    def end(self):
        return self.offset + self.stored


class Container:
    """A file whose header and directory obey R1 to R18. `data` are all its bytes."""

    def __init__(self, data):
        self.data = data
        self.header = {}
        self.entries = []
        self._read_header()
        self._read_directory()
        self._check_header()
        self._check_entries()
        self._check_presence()
        self._check_places()
        self._check_padding()
        self._check_checksums()

    def find(self, kind, index=0):
        for entry in self.entries:
            if (entry.kind, entry.index) == (kind, index):
                return entry
        return None

    def section(self, kind, index=0):
        """The stored bytes of a section that is known to be raw."""
        return self.stored(self.find(kind, index))

    def stored(self, entry):
        return self.data[entry.offset : entry.end]

    def first_nonzero(self, start, end):
        for position in range(start, end):
            if self.data[position]:
                return position
        return None

    def _need(self, count):
        if len(self.data) < count:
            raise FormatError(1, 0, 0, 0, len(self.data), count)

    def _read_header(self):
        data = self.data
        self._need(8)
        if data[:8] != L.SIGNATURE:
            raise FormatError(2, 0, 0, 0, L.u64(data, 0), L.u64(L.SIGNATURE, 0))
        self._need(12)
        major = struct.unpack_from("<H", data, 8)[0]
        if major != 1:
            raise FormatError(3, 0, 0, 8, major, 1)
        self._need(L.HEADER_BYTES)
        h = self.header
        for offset, form, name in L.HEADER_FIELDS:
            h[name] = struct.unpack_from("<" + form, data, offset)[0]
        if h["fileByteCount"] != len(data):
            raise FormatError(4, 0, 0, 16, h["fileByteCount"], len(data))
        if nearest(len(data), L.FILE_LIMITS) != len(data):
            raise FormatError(4, 0, 0, 16, len(data), nearest(len(data), L.FILE_LIMITS))
        if h["headerByteCount"] != L.HEADER_BYTES:
            raise FormatError(5, 0, 0, 12, h["headerByteCount"], L.HEADER_BYTES)

    def _read_directory(self):
        data, count = self.data, self.header["sectionCount"]
        if nearest(count, L.SECTION_LIMITS) != count:
            raise FormatError(6, 0, 0, 24, count, nearest(count, L.SECTION_LIMITS))
        self.directory_end = L.HEADER_BYTES + L.ENTRY_BYTES * count + 8
        self._need(self.directory_end)
        place = self.directory_end - 8
        computed = xxh64(data[:place])
        if computed != L.u64(data, place):
            raise FormatError(6, 0, 0, place, computed, L.u64(data, place))
        for at in range(L.HEADER_BYTES, place, L.ENTRY_BYTES):
            kind, index, flags, encoding = struct.unpack_from("<IIBB", data, at)
            offset, stored, decoded, checksum = struct.unpack_from("<4Q", data, at + 16)
            entry = Entry(at, kind, index, flags, encoding, offset, stored, decoded, checksum)
            self.entries.append(entry)

    def _check_header(self):
        h, data = self.header, self.data
        for offset in L.HEADER_RESERVED:  # R7
            if data[offset]:
                raise FormatError(7, 0, 0, offset, data[offset], 0)
        counts = [(28, "expertCount"), (32, "columnCount"), (36, "featureCount"),
                  (40, "outputCount"), (48, "groupCount")]
        for offset, name in counts:  # R8
            limits = L.GROUP_LIMITS if name == "groupCount" else L.COUNT_LIMITS
            if nearest(h[name], limits) != h[name]:
                raise FormatError(8, 0, 0, offset, h[name], nearest(h[name], limits))
        for offset, name, most in [(44, "task", 2), (45, "gateScale", 2), (46, "sharedExpert", 1)]:
            if h[name] > most:  # R9
                raise FormatError(9, 0, 0, offset, h[name], most)
        if h["task"] == L.BINARY and h["outputCount"] != 1:
            raise FormatError(9, 0, 0, 40, h["outputCount"], 1)
        if h["task"] == L.MULTICLASS and h["outputCount"] < 2:
            raise FormatError(9, 0, 0, 40, h["outputCount"], 2)
        if h["groupCount"] > h["expertCount"]:
            raise FormatError(9, 0, 0, 48, h["groupCount"], h["expertCount"])

    def _check_entries(self):
        data = self.data
        for e in self.entries:  # R10
            if e.flags & ~3:
                raise FormatError(10, 0, 0, e.at + 8, e.flags, e.flags & 3)
            if e.encoding > 3:
                raise FormatError(10, 0, 0, e.at + 9, e.encoding, 3)
            for offset in [*range(e.at + 10, e.at + 16), *range(e.at + 48, e.at + 64)]:
                if data[offset]:
                    raise FormatError(10, 0, 0, offset, data[offset], 0)
        for e in self.entries:  # R11
            unknown = e.kind not in L.KIND_NAMES
            if e.kind == 0 or unknown and e.flags & L.CRITICAL:
                raise FormatError(11, 0, 0, e.at, e.kind, 0)
        for e in self.entries:  # R12
            known = e.kind in L.KIND_NAMES
            critical = L.CRITICAL if L.is_known_critical(e.kind) else 0
            if known and e.flags & L.CRITICAL != critical:
                raise FormatError(12, 0, 0, e.at + 8, e.flags, e.flags ^ L.CRITICAL)
            if known and e.kind != L.EXPERT and e.index:
                raise FormatError(12, 0, 0, e.at + 4, e.index, 0)
            if e.flags & L.PAGE_ALIGNED and e.kind not in (L.SHARED, L.EXPERT):
                raise FormatError(12, 0, 0, e.at + 8, e.flags, e.flags ^ L.PAGE_ALIGNED)
            raw = L.is_checked_at_open(e.kind) or e.kind == L.SHARED
            if raw and e.encoding != L.RAW:
                raise FormatError(12, 0, 0, e.at + 9, e.encoding, L.RAW)
        for before, e in zip(self.entries, self.entries[1:]):  # R13
            if (before.kind, before.index) >= (e.kind, e.index):
                found, least = e.kind << 32 | e.index, before.kind << 32 | before.index
                raise FormatError(13, 0, 0, e.at, found, least)

    def _check_presence(self):
        """R14: a merge of the directory with the list that must be there."""
        h = self.header
        expected = [(kind, 0) for kind in range(L.SCHEMA, L.SHARED)]
        if h["sharedExpert"]:
            expected.append((L.SHARED, 0))
        expected += [(L.EXPERT, index) for index in range(h["expertCount"])]
        present = [e for e in self.entries if L.SCHEMA <= e.kind <= L.EXPERT]
        for i in range(max(len(expected), len(present))):
            need = expected[i] if i < len(expected) else None
            have = (present[i].kind, present[i].index) if i < len(present) else None
            if need == have:
                continue
            if need is None or (have is not None and have < need):
                raise FormatError(14, *have, present[i].at, 1, 0)
            stands = [e.at for e in self.entries if (e.kind, e.index) > need]
            raise FormatError(14, *need, (stands or [self.directory_end - 8])[0], 0, 1)

    def _check_places(self):
        end = self.directory_end
        for e in self.entries:  # R15
            start = L.pad(end, L.PAGE if e.flags & L.PAGE_ALIGNED else 64)
            if e.offset != start:
                raise FormatError(15, 0, 0, e.at + 16, e.offset, min(start, U64_MOST))
            end = e.end
        for e in self.entries:  # R16
            if nearest(e.decoded, L.SECTION_BYTE_LIMITS) != e.decoded:
                limit = nearest(e.decoded, L.SECTION_BYTE_LIMITS)
                raise FormatError(16, 0, 0, e.at + 32, e.decoded, limit)
            if e.encoding == L.RAW:
                if e.stored != e.decoded:
                    raise FormatError(16, 0, 0, e.at + 24, e.stored, e.decoded)
                continue
            if not 0 < e.stored < e.decoded:
                limit = nearest(e.stored, (1, e.decoded - 1))
                raise FormatError(16, 0, 0, e.at + 24, e.stored, limit)
            planes = L.PLANE_COUNT[e.encoding]
            if e.decoded % planes:
                raise FormatError(16, 0, 0, e.at + 32, e.decoded, e.decoded // planes * planes)
        last = self.entries[-1]
        if last.end != len(self.data):
            raise FormatError(16, 0, 0, last.at + 24, last.end, len(self.data))

    def padding_after(self, i):
        """The bytes between section `i` and the next, as (start, end)."""
        return self.entries[i].end, self.entries[i + 1].offset

    def _check_padding(self):
        """R17. The bytes after kinds 6 and 7 belong to R31."""
        gaps = [(0, 0, self.directory_end, self.entries[0].offset)]
        for i, e in enumerate(self.entries[:-1]):
            if e.kind not in (L.SHARED, L.EXPERT):
                gaps.append((e.kind, e.index, *self.padding_after(i)))
        for kind, index, start, end in gaps:
            place = self.first_nonzero(start, end)
            if place is not None:
                raise FormatError(17, kind, index, place, self.data[place], 0)

    def _check_checksums(self):
        for e in self.entries:  # R18
            if L.is_checked_at_open(e.kind):
                computed = xxh64(self.stored(e))
                if computed != e.checksum:
                    raise FormatError(18, e.kind, e.index, 0, computed, e.checksum)
