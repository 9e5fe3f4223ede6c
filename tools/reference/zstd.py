"""A decoder for one zstd frame without dictionary (RFC 8878), for sections of encodings 1 to 3."""

import struct
from dataclasses import dataclass

from xxh64 import xxh64

MAGIC = 0xFD2FB528
BLOCK_MOST = 128 * 1024


class Malformed(Exception):
    """The bytes are not one lawful frame."""


@dataclass
class Frame:
    content_size: int  # None when the frame does not say
    window_size: int
    checksum: bool
    header_size: int


def require(condition, what):
    if not condition:
        raise Malformed(what)


def frame_header(data):
    """RFC 8878, section 3.1.1.1."""
    require(len(data) >= 5 and struct.unpack_from("<I", data)[0] == MAGIC, "magic number")
    descriptor, position = data[4], 5
    single = descriptor >> 5 & 1
    require(descriptor & 0x08 == 0, "reserved bit")
    require(descriptor & 0x03 == 0, "dictionary")
    size_bytes = (single, 2, 4, 8)[descriptor >> 6]
    require(len(data) >= position + (not single) + size_bytes, "header cut short")
    window = 0
    if not single:
        exponent, mantissa = data[position] >> 3, data[position] & 7
        window = (1 << 10 + exponent) // 8 * (8 + mantissa)
        position += 1
    content = None
    if size_bytes:
        content = int.from_bytes(data[position : position + size_bytes], "little")
        content += 256 if size_bytes == 2 else 0
        position += size_bytes
    return Frame(content, content if single else window, bool(descriptor & 4), position)


class ForwardBits:
    """Reads bits from the lowest of the first byte up (FSE table descriptions)."""

    def __init__(self, data, start, end):
        self.value = int.from_bytes(data[start:end], "little")
        self.length = 8 * (end - start)
        self.used = 0

    def peek(self, count):
        return self.value >> self.used & (1 << count) - 1

    def skip(self, count):
        self.used += count
        require(self.used <= self.length, "bits cut short")


class BackwardBits:
    """Reads bits from the end down; the highest set bit of the last byte is the mark."""

    def __init__(self, data, start, end):
        require(end > start and data[end - 1] != 0, "bit stream without its mark")
        self.value = int.from_bytes(data[start:end], "little")
        self.left = self.value.bit_length() - 1

    def read(self, count):
        """The next bits; below the start there are zeros, and `left` falls under 0."""
        self.left -= count
        if self.left >= 0:
            return self.value >> self.left & (1 << count) - 1
        return self.value << -self.left & (1 << count) - 1


@dataclass
class Table:
    """An FSE decoding table: for each state (symbol, bits to read, base of the next state)."""

    log: int
    cells: list


def fse_table(counts, log):
    """RFC 8878, section 4.1.1: from normalised counts (-1: less than one) to cells."""
    size = 1 << log
    symbols = [0] * size
    high = size - 1
    for symbol, count in enumerate(counts):
        if count == -1:
            symbols[high] = symbol
            high -= 1
    step, mask, position = (size >> 1) + (size >> 3) + 3, size - 1, 0
    for symbol, count in enumerate(counts):
        for _ in range(max(count, 0)):
            symbols[position] = symbol
            position = position + step & mask
            while position > high:
                position = position + step & mask
    require(position == 0, "counts do not fill the table")
    following = [max(count, 1) if count else 0 for count in counts]
    cells = []
    for symbol in symbols:
        state = following[symbol]
        following[symbol] += 1
        bits = log - (state.bit_length() - 1)
        cells.append((symbol, bits, (state << bits) - size))
    return Table(log, cells)


def read_counts(data, start, end, most_log, most_symbol):
    """An FSE table description; returns (counts, log, where it ends)."""
    bits = ForwardBits(data, start, end)
    log = bits.peek(4) + 5
    bits.skip(4)
    require(log <= most_log, "accuracy of a table")
    remaining, counts = (1 << log) + 1, []
    while remaining > 1:
        require(len(counts) <= most_symbol, "too many symbols")
        width = remaining.bit_length()
        short = (1 << width) - 1 - remaining
        value = bits.peek(width)
        if value & (1 << width - 1) - 1 < short:
            value &= (1 << width - 1) - 1
            bits.skip(width - 1)
        else:
            if value >= 1 << width - 1:
                value -= short
            bits.skip(width)
        count = value - 1
        remaining -= abs(count)
        counts.append(count)
        while count == 0:
            repeat = bits.peek(2)
            bits.skip(2)
            counts += [0] * repeat
            if repeat < 3:
                break
    require(remaining == 1 and len(counts) <= most_symbol + 1, "counts of a table")
    return counts, log, start + (bits.used + 7) // 8


class Huffman:
    """A Huffman table of literals (section 4.2.1): `cells[code]` is (symbol, length)."""

    def __init__(self, weights):
        total = sum(1 << w - 1 for w in weights if w)
        require(total > 0, "no weights")
        self.log = total.bit_length()
        left = (1 << self.log) - total
        require(left & left - 1 == 0 and self.log <= 11, "weights do not add up")
        weights = [*weights, left.bit_length()]
        self.cells = []
        for weight in range(1, self.log + 1):
            for symbol, w in enumerate(weights):
                if w == weight:
                    self.cells += [(symbol, self.log + 1 - w)] * (1 << w - 1)

    def decode(self, data, start, end, count):
        """One stream of `count` literals."""
        bits, log, mask, cells = BackwardBits(data, start, end), self.log, (1 << self.log) - 1, self.cells
        value, left, out = bits.value, bits.left, bytearray()
        for _ in range(count):
            shift = left - log
            code = (value >> shift if shift >= 0 else value << -shift) & mask
            symbol, length = cells[code]
            out.append(symbol)
            left -= length
        require(left == 0, "a stream of literals ends in its middle")
        return out


def read_huffman(data, start, end):
    """A Huffman tree description; returns (table, where it ends)."""
    require(start < end, "tree description")
    head, start = data[start], start + 1
    if head >= 128:
        count = head - 127
        stop = start + (count + 1) // 2
        require(stop <= end, "tree description")
        pairs = [nibble for byte in data[start:stop] for nibble in (byte >> 4, byte & 15)]
        return Huffman(pairs[:count]), stop
    stop = start + head
    require(stop <= end, "tree description")
    counts, log, position = read_counts(data, start, stop, 6, 255)
    table = fse_table(counts, log)
    bits, weights = BackwardBits(data, position, stop), []
    states = [bits.read(log), bits.read(log)]
    require(bits.left >= 0, "tree description")
    turn = 0
    while True:  # two states take turns until one cannot be renewed
        symbol, width, base = table.cells[states[turn]]
        weights.append(symbol)
        require(len(weights) <= 255, "too many weights")
        following = base + bits.read(width)
        if bits.left < 0:
            weights.append(table.cells[states[1 - turn]][0])
            return Huffman(weights), stop
        states[turn] = following
        turn = 1 - turn


def _codes(plain, grown):
    """Code tables of lengths (section 3.1.1.3.2.1.1): (base, extra bits) for each code."""
    codes, base = [(i + plain[1], 0) for i in range(plain[0])], plain[0] + plain[1]
    for extra in grown:
        codes.append((base, extra))
        base += 1 << extra
    return codes


LITERAL_CODES = _codes((16, 0), [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
MATCH_CODES = _codes((32, 3), [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
LITERAL_COUNTS = [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1,
                  1, 1, 1, 1, -1, -1, -1, -1]
MATCH_COUNTS = [1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1]
OFFSET_COUNTS = [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1,
                 -1, -1]
# For literal lengths, offsets, match lengths: predefined table, greatest log, greatest symbol.
KINDS = [(fse_table(LITERAL_COUNTS, 6), 9, 35), (fse_table(OFFSET_COUNTS, 5), 8, 31),
         (fse_table(MATCH_COUNTS, 6), 9, 52)]


class Decoder:
    """The state that blocks hand on: output, Huffman table, FSE tables, repeated offsets."""

    def __init__(self, data, frame):
        self.data, self.frame = data, frame
        self.out = bytearray()
        self.huffman = None
        self.tables = [None, None, None]
        self.repeats = [1, 4, 8]

    def block(self, start, end):
        """A compressed block (section 3.1.1.3)."""
        literals, position = self.literals(start, end)
        count, position = self.sequence_count(position, end)
        if count == 0:
            require(position == end, "bytes after a block without sequences")
            self.out += literals
            return
        self.sequences(literals, count, *self.read_tables(position, end))

    def literals(self, start, end):
        data = self.data
        require(start < end, "literals section")
        kind, form = data[start] & 3, data[start] >> 2 & 3
        size = (1, 2, 1, 3)[form] if kind < 2 else (3, 3, 4, 5)[form]
        require(start + size <= end, "literals section")
        head = int.from_bytes(data[start : start + size], "little")
        start += size
        if kind < 2:
            count = head >> (3 if form in (0, 2) else 4)
            require(count <= BLOCK_MOST and start + (count if kind == 0 else 1) <= end, "literals")
            if kind == 0:
                return data[start : start + count], start + count
            return data[start : start + 1] * count, start + 1
        width = (10, 10, 14, 18)[form]
        count, stored = head >> 4 & (1 << width) - 1, head >> 4 + width
        stop = start + stored
        require(stop <= end and count <= BLOCK_MOST, "literals")
        if kind == 2:
            self.huffman, start = read_huffman(data, start, stop)
        require(self.huffman is not None, "a tree to repeat")
        if form == 0:
            return self.huffman.decode(data, start, stop, count), stop
        require(stop - start >= 6, "jump table")
        each, out, place = (count + 3) // 4, bytearray(), start + 6
        sizes = [*struct.unpack_from("<3H", data, start)]
        sizes.append(stop - place - sum(sizes))
        for i, size in enumerate(sizes):
            length = each if i < 3 else count - 3 * each
            require(size > 0 and length >= 0, "jump table")
            out += self.huffman.decode(data, place, place + size, length)
            place += size
        return out, stop

    def sequence_count(self, position, end):
        data = self.data
        require(position < end, "sequences section")
        first = data[position]
        size = 1 if first < 128 else 2 if first < 255 else 3
        require(position + size <= end, "sequences section")
        if size == 1:
            return first, position + 1
        if size == 2:
            return (first - 128 << 8) + data[position + 1], position + 2
        return data[position + 1] + (data[position + 2] << 8) + 0x7F00, position + 3

    def read_tables(self, position, end):
        """The three tables; returns where the bit stream stands."""
        data = self.data
        require(position < end, "modes")
        modes, position = data[position], position + 1
        require(modes & 3 == 0, "reserved modes")
        for i, (predefined, most_log, most_symbol) in enumerate(KINDS):
            mode = modes >> 6 - 2 * i & 3
            if mode == 0:
                self.tables[i] = predefined
            elif mode == 1:
                require(position < end and data[position] <= most_symbol, "symbol of a table")
                self.tables[i] = Table(0, [(data[position], 0, 0)])
                position += 1
            elif mode == 2:
                counts, log, position = read_counts(data, position, end, most_log, most_symbol)
                self.tables[i] = fse_table(counts, log)
            require(self.tables[i] is not None, "a table to repeat")
        return position, end

    def sequences(self, literals, count, start, end):
        bits, out, taken = BackwardBits(self.data, start, end), self.out, 0
        lengths, offsets, matches = self.tables
        states = [bits.read(table.log) for table in self.tables]
        for i in range(count):
            code, offset_bits, match_code = (t.cells[s][0] for t, s in zip(self.tables, states))
            offset = (1 << offset_bits) + bits.read(offset_bits)
            base, extra = MATCH_CODES[match_code]
            match = base + bits.read(extra)
            base, extra = LITERAL_CODES[code]
            length = base + bits.read(extra)
            if i < count - 1:
                for j, table in ((0, lengths), (2, matches), (1, offsets)):
                    _, width, base = table.cells[states[j]]
                    states[j] = base + bits.read(width)
            require(bits.left >= 0, "sequences cut short")
            out += literals[taken : taken + length]
            taken += length
            require(taken <= len(literals), "more literals than there are")
            self.copy(self.distance(offset, length), match)
        require(bits.left == 0, "bits left after the sequences")
        out += literals[taken:]

    def distance(self, offset, length):
        """Repeated offsets (section 3.1.1.5)."""
        r = self.repeats
        if offset > 3:
            self.repeats = [offset - 3, r[0], r[1]]
            return offset - 3
        which = offset - 1 + (length == 0)
        if which == 0:
            return r[0]
        value = r[0] - 1 if which == 3 else r[which]
        require(value > 0, "an offset of zero")
        self.repeats = [value, r[0], r[1] if which != 1 else r[2]]
        return value

    def copy(self, distance, count):
        out = self.out
        require(distance <= min(len(out), self.frame.window_size), "an offset out of the window")
        require(len(out) + count <= self.frame.content_size, "more than the content size")
        start = len(out) - distance
        while count > 0:  # a match may overlap what it writes
            piece = out[start : start + min(count, distance)]
            out += piece
            count -= len(piece)


def decompress(data):
    """The content of `data`, which is exactly one frame that states its content size."""
    data = bytes(data)
    frame = frame_header(data)
    require(frame.content_size is not None, "content size")
    decoder, position, last = Decoder(data, frame), frame.header_size, False
    most = min(frame.window_size, BLOCK_MOST)
    while not last:
        require(position + 3 <= len(data), "block header")
        head = int.from_bytes(data[position : position + 3], "little")
        last, kind, size = bool(head & 1), head >> 1 & 3, head >> 3
        position += 3
        stop = position + (1 if kind == 1 else size)
        require(kind < 3 and size <= most and stop <= len(data), "block")
        before = len(decoder.out)
        if kind == 0:
            decoder.out += data[position:stop]
        elif kind == 1:
            decoder.out += data[position:stop] * size
        else:
            decoder.block(position, stop)
        require(len(decoder.out) - before <= most, "a block of more than the window")
        require(len(decoder.out) <= frame.content_size, "more than the content size")
        position = stop
    require(len(decoder.out) == frame.content_size, "content size")
    if frame.checksum:
        require(data[position : position + 4] == struct.pack("<Q", xxh64(decoder.out))[:4], "checksum")
        position += 4
    require(position == len(data), "bytes after the frame")
    return bytes(decoder.out)
