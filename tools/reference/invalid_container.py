"""Invalid vectors about the container: rules R1 to R18."""

import struct

import layout as L
from breaking import Factory, affine, at, card, put, tiny
from writer import Section, raw, zstd_frame
from xxh64 import xxh64

SIGNATURE = struct.unpack("<Q", L.SIGNATURE)[0]
MOST = 2**64 - 1
# The smallest file: 6 entries; sections at these offsets, 1600 bytes in all.
END = at(6) + 8
PLACES = {L.SCHEMA: 576, L.TRANSFORM: 640, L.ROUTER: 768, L.HEAD: 1152, L.SHAPES: 1216, L.EXPERT: 1280}
SIZE = 1600


def word(data):
    return struct.unpack("<Q", data)[0]


def start_of_file(f):
    """R1 to R5."""
    f.cut("R01-empty", "no bytes at all", "R1 0 0 0 0 8", 0)
    f.cut("R01-signature-cut", "7 bytes", "R1 0 0 0 7 8", 7)
    f.cut("R01-version-cut", "the signature and 3 bytes", "R1 0 0 0 11 12", 11)
    f.cut("R01-header-cut", "127 bytes", "R1 0 0 0 127 128", 127)
    f.cut("R01-directory-cut", "one byte of the directory's checksum is missing",
          f"R1 0 0 0 {END - 1} {END}", END - 1, stated=END - 1)
    for name, reason, text in [
            ("text-mode", "a transfer rewrote the line ends", b"\x8fMOE\n\x1a\n\0"),
            ("seven-bits", "a transfer cleared the highest bit", b"\x0fMOE\r\n\x1a\n"),
            ("other-format", "another format", b"GGUF\x03\0\0\0")]:
        f.after(f"R02-{name}", reason, f"R2 0 0 0 {word(text)} {SIGNATURE}",
                lambda file, text=text: text + file[8:])
    f.directory("R03-major-0", "versionMajor 0", "R3 0 0 8 0 1", (8, "H", 0))
    f.directory("R03-major-2", "versionMajor 2", "R3 0 0 8 2 1", (8, "H", 2))
    f.after("R04-byte-missing", "the last byte is missing", f"R4 0 0 16 {SIZE} {SIZE - 1}",
            lambda file: file[:-1])
    f.after("R04-byte-more", "a byte after the end", f"R4 0 0 16 {SIZE} {SIZE + 1}",
            lambda file: file + b"\0")
    f.directory("R04-size-wrong", "fileByteCount is 2^63", f"R4 0 0 16 {2**63} {SIZE}",
                (16, "Q", 2**63))
    f.cut("R04-under-136", "135 bytes, and the header says so", "R4 0 0 16 135 136", 135, stated=135)
    f.directory("R05-size-0", "headerByteCount 0", "R5 0 0 12 0 128", (12, "I", 0))
    f.directory("R05-size-192", "headerByteCount 192", "R5 0 0 12 192 128", (12, "I", 192))


def header_rules(f):
    """R6 to R9."""
    for count, limit in [(0, 6), (5, 6), (131073, 131072), (2**32 - 1, 131072)]:
        f.directory(f"R06-sections-{count}", f"sectionCount {count}", f"R6 0 0 24 {count} {limit}",
                    (24, "I", count))

    def flip(offset):
        def change(file):
            return put(file, offset, "B", file[offset] ^ 1)
        return change

    for name, reason, offset in [
            ("checksum", "a bit of directoryChecksum is flipped", END - 8),
            ("header", "versionMinor changed after the checksum", 10),
            ("entry", "an entry's checksum changed after the directory's", at(5) + 40)]:
        file = flip(offset)(f.file(tiny()))
        numbers = f"{xxh64(file[: END - 8])} {word(file[END - 8 : END])}"
        f.add(f"R06-{name}", reason, f"R6 0 0 {END - 8} {numbers}", file)
    for offset in (47, 52, 55, 88, 127):
        f.directory(f"R07-byte-{offset}", f"reserved byte {offset} is not zero", f"R7 0 0 {offset} 1 0",
                    (offset, "B", 1))
    for name, offset in [("expertCount", 28), ("columnCount", 32), ("featureCount", 36),
                         ("outputCount", 40)]:
        f.directory(f"R08-{name}-0", f"{name} 0", f"R8 0 0 {offset} 0 1", (offset, "I", 0))
        f.directory(f"R08-{name}-65537", f"{name} 65,537", f"R8 0 0 {offset} 65537 65536",
                    (offset, "I", 65537))
    f.directory("R08-groupCount-65537", "groupCount 65,537", "R8 0 0 48 65537 65536", (48, "I", 65537))
    for name, offset, value, most in [("task-3", 44, 3, 2), ("gateScale-3", 45, 3, 2),
                                      ("sharedExpert-2", 46, 2, 1)]:
        f.directory(f"R09-{name}", f"{name.replace('-', ' ')}", f"R9 0 0 {offset} {value} {most}",
                    (offset, "B", value))
    two = tiny(outputs=2, targets=["u", "v"])
    f.directory("R09-binary-two-outputs", "task 1 with outputCount 2", "R9 0 0 40 2 1", (44, "B", 1),
                definition=two)
    f.directory("R09-multiclass-one-output", "task 2 with outputCount 1", "R9 0 0 40 1 2", (44, "B", 2))
    f.directory("R09-groups-over-experts", "groupCount 2 with one expert", "R9 0 0 48 2 1",
                (48, "I", 2))


def entry_rules(f):
    """R10 to R13."""
    f.directory("R10-flag-2", "a reserved flag bit", f"R10 0 0 {at(5) + 8} 5 1", (at(5) + 8, "B", 5))
    f.directory("R10-flag-7", "the highest flag bit", f"R10 0 0 {at(0) + 8} 129 1",
                (at(0) + 8, "B", 129))
    f.directory("R10-encoding-4", "an encoding that is not known", f"R10 0 0 {at(5) + 9} 4 3",
                (at(5) + 9, "B", 4))
    for offset in (10, 15, 48, 63):
        f.directory(f"R10-byte-{offset}", f"reserved byte {offset} of an entry",
                    f"R10 0 0 {at(2) + offset} 7 0", (at(2) + offset, "B", 7))
    for kind in (8, 39, 0x80000000):
        section = raw(kind, 0, L.CRITICAL, b"needed")
        f.directory(f"R11-kind-{kind:x}", f"an unknown kind, {kind:#x}, is critical",
                    f"R11 0 0 {at(6)} {kind} 0", definition=tiny(ancillary=[section]))
    f.directory("R11-kind-0", "kind 0", f"R11 0 0 {at(0)} 0 0",
                definition=tiny(ancillary=[raw(0, 0, 0, b"nothing")]))

    def entry(name, reason, numbers, position, definition=None, **change):
        def edit(parts):
            for key, value in change.items():
                setattr(parts[position], key, value)
        f.parts(f"R12-{name}", reason, f"R12 0 0 {numbers}", edit, definition)

    with_card = tiny(ancillary=[card()])
    entry("schema-ancillary", "a schema that is not critical", f"{at(0) + 8} 0 1", 0, flags=0)
    entry("expert-ancillary", "an expert that is not critical", f"{at(5) + 8} 0 1", 5, flags=0)
    entry("card-critical", "a model card that is critical", f"{at(6) + 8} 1 0", 6, with_card, flags=1)
    entry("head-index", "a head with index 1", f"{at(3) + 4} 1 0", 3, index=1)
    entry("card-index", "a model card with index 1", f"{at(6) + 4} 1 0", 6, with_card, index=1)
    entry("shapes-page-aligned", "expert shapes on a page", f"{at(4) + 8} 3 1", 4, flags=3)
    entry("card-page-aligned", "a model card on a page", f"{at(6) + 8} 2 0", 6, with_card, flags=2)
    entry("unknown-page-aligned", "an unknown kind on a page", f"{at(6) + 8} 2 0", 6,
          tiny(ancillary=[raw(99, 0, 2, b"x")]))

    def pack(position, kind, definition=None):
        def edit(parts):
            s = parts[position]
            s.encoding, s.stored = L.ZSTD, zstd_frame(s.decoded)
        names = {L.ROUTER: "router", L.SHARED: "sharedExpert"}
        f.parts(f"R12-{names[kind]}-compressed", f"a compressed {names[kind]}",
                f"R12 0 0 {at(position) + 9} 1 0", edit, definition)

    pack(2, L.ROUTER)
    pack(5, L.SHARED, tiny(shared=affine(1)))

    def swap(i, j):
        def edit(parts):
            parts[i], parts[j] = parts[j], parts[i]
        return edit

    f.parts("R13-transform-first", "transform before schema", f"R13 0 0 {at(1)} {1 << 32} {2 << 32}",
            swap(0, 1))
    f.parts("R13-experts-swapped", "expert 1 before expert 0",
            f"R13 0 0 {at(6)} {7 << 32} {(7 << 32) + 1}", swap(5, 6),
            tiny(experts=[affine(1), affine(1)]))
    f.parts("R13-card-twice", "two model cards", f"R13 0 0 {at(7)} {33 << 32} {33 << 32}",
            lambda parts: parts + [card()], with_card)
    f.parts("R13-expert-twice", "expert 0 twice", f"R13 0 0 {at(6)} {7 << 32} {7 << 32}",
            lambda parts: parts[:6] + parts[5:])


def presence(f):
    """R14."""

    def without(position):
        return lambda parts: parts[:position] + parts[position + 1 :]

    with_card = tiny(ancillary=[card()])
    for position, name in enumerate(["schema", "transform", "router", "head", "expertShapes"]):
        f.parts(f"R14-no-{name}", f"no {name}", f"R14 {position + 1} 0 {at(position)} 0 1",
                without(position), with_card)
    f.parts("R14-no-expert", "no expert", f"R14 7 0 {at(5)} 0 1", without(5), with_card)
    three = tiny(experts=[affine(1) for _ in range(3)])
    f.parts("R14-expert-1-of-3", "experts 0 and 2 of three", f"R14 7 1 {at(6)} 0 1", without(6), three)
    f.parts("R14-last-expert", "experts 0 and 1 of three", f"R14 7 2 {at(7)} 0 1", without(7), three)
    f.parts("R14-no-shared", "a shared expert is announced and not there", f"R14 6 0 {at(5)} 0 1",
            without(5), tiny(shared=affine(1)))

    def more(parts):
        s = parts[5]
        return parts + [Section(7, 1, 1, s.encoding, s.decoded, s.stored, s.checksum)]

    f.parts("R14-expert-more", "an expert beyond expertCount", f"R14 7 1 {at(6)} 1 0", more)

    def unannounced(parts):
        s = parts[5]
        return parts[:5] + [Section(6, 0, 1, s.encoding, s.decoded, s.stored, s.checksum)] + parts[5:]

    f.parts("R14-shared-unannounced", "a shared expert that the header does not announce",
            f"R14 6 0 {at(5)} 1 0", unannounced)


def places(f):
    """R15 and R16."""
    last = PLACES[L.EXPERT]
    for name, reason, position, offset in [
            ("first-late", "the schema starts 64 bytes late", 0, PLACES[L.SCHEMA] + 64),
            ("first-early", "the schema starts within the directory", 0, 512),
            ("overlaps", "two sections in one place", 4, PLACES[L.HEAD]),
            ("unaligned", "a section that is not aligned", 5, last + 4),
            ("wraps", "an offset of 2^64 - 64", 5, 2**64 - 64),
            ("beyond-end", "an offset beyond the end", 5, 2**40)]:
        right = list(PLACES.values())[position]
        f.directory(f"R15-offset-{name}", reason, f"R15 0 0 {at(position) + 16} {offset} {right}",
                    (at(position) + 16, "Q", offset))
    f.after("R15-gap", "64 zeros too many before the expert",
            f"R15 0 0 {at(5) + 16} {last + 64} {last}", lambda file: checked(
                put(put(file, 16, "Q", SIZE + 64), at(5) + 16, "Q", last + 64)[:last] + bytes(64)
                + file[last:]))
    f.directory("R15-size-wraps", "a size that makes the next offset wrap",
                f"R15 0 0 {at(2) + 16} {PLACES[L.ROUTER]} {MOST}", (at(1) + 24, "Q", MOST))
    f.directory("R15-page", "a page-aligned expert that is not on a page",
                f"R15 0 0 {at(5) + 16} {last} 4096", (at(5) + 8, "B", 3))

    with_card = tiny(ancillary=[card()])
    f.parts("R16-nothing", "a section of no bytes", f"R16 0 0 {at(6) + 32} 0 1",
            lambda parts: parts + [raw(L.MODEL_CARD, 0, 0, b"")])
    end = SIZE + 64 + 2
    f.directory("R16-raw-decoded", "raw, and the two sizes differ", f"R16 0 0 {at(6) + 24} 2 3",
                (at(6) + 32, "Q", 3), definition=with_card)
    f.directory("R16-too-large", "2^31 decoded bytes", f"R16 0 0 {at(6) + 32} {2**31} {2**31 - 1}",
                (at(6) + 9, "B", 1), (at(6) + 32, "Q", 2**31), definition=with_card)
    f.directory("R16-larger-than-63-bits", "2^64 - 1 decoded bytes",
                f"R16 0 0 {at(6) + 32} {MOST} {2**31 - 1}", (at(6) + 9, "B", 1),
                (at(6) + 32, "Q", MOST), definition=with_card)
    f.directory("R16-not-smaller", "compressed, and no smaller", f"R16 0 0 {at(6) + 24} 2 1",
                (at(6) + 9, "B", 1), definition=with_card)
    f.parts("R16-compressed-nothing", "compressed into no bytes", f"R16 0 0 {at(6) + 24} 0 1",
            lambda parts: parts + [Section(L.MODEL_CARD, 0, 0, L.ZSTD, b"{}", b"", xxh64(b"{}"))])
    for encoding, size in [(L.PLANES4, 62), (L.PLANES2, 61)]:
        text, planes = b"{" + b" " * (size - 2) + b"}", L.PLANE_COUNT[encoding]
        f.parts(f"R16-planes-{planes}", f"{size} bytes in byte planes of {planes}",
                f"R16 0 0 {at(6) + 32} {size} {size // planes * planes}",
                lambda parts, e=encoding, t=text: parts + [
                    Section(L.MODEL_CARD, 0, 0, e, t, zstd_frame(t), xxh64(t))])
    f.after("R16-bytes-behind", "64 bytes after the last section", f"R16 0 0 {at(6) + 24} {end} {end + 64}",
            lambda file: checked(put(file, 16, "Q", end + 64)) + bytes(64), with_card)
    f.directory("R16-beyond-end", "the last section ends after the file",
                f"R16 0 0 {at(6) + 24} {end + 64} {end}", (at(6) + 24, "Q", 66), (at(6) + 32, "Q", 66),
                definition=with_card)


def checked(file):
    """The file with the directory's checksum made anew."""
    end = at(struct.unpack_from("<I", file, 24)[0])
    return put(file, end, "Q", xxh64(file[:end]))


def padding(f):
    """R17 and R18."""
    f.after("R17-directory", "a byte between directory and schema", f"R17 0 0 {END} 1 0",
            lambda file: put(file, END, "B", 1))
    f.after("R17-schema", "the last byte before the transform", "R17 1 0 639 255 0",
            lambda file: put(file, 639, "B", 255))
    f.after("R17-head", "a byte after the head", f"R17 4 0 {PLACES[L.HEAD] + 16} 9 0",
            lambda file: put(file, PLACES[L.HEAD] + 16, "B", 9))
    two = tiny(ancillary=[raw(20, 3, 0, b"unknown"), card(), raw(L.PROVENANCE, 0, 0, b"{}")])
    base = 1280 + 192 + 320  # two more entries shift by 128, three by 192
    f.after("R17-unknown", "a byte after a section of unknown kind", f"R17 20 3 {base + 7} 1 0",
            lambda file: put(file, base + 7, "B", 1), two)
    f.after("R17-card", "a byte after the model card", f"R17 33 0 {base + 127} 1 0",
            lambda file: put(file, base + 127, "B", 1), two)
    for name, kind, offset in [("schema", 1, 60), ("transform", 2, 48), ("router", 3, 64),
                               ("head", 4, 4), ("shapes", 5, 1)]:
        place = PLACES[kind] + offset
        file = f.file(tiny())
        size = struct.unpack_from("<Q", file, at(kind - 1) + 24)[0]
        stated = struct.unpack_from("<Q", file, at(kind - 1) + 40)[0]
        file = put(file, place, "B", file[place] ^ 1)
        computed = xxh64(file[PLACES[kind] : PLACES[kind] + size])
        f.add(f"R18-{name}", f"a bit of the {name} is flipped", f"R18 {kind} 0 0 {computed} {stated}",
              file)
    f.after("R18-card", "a model card is damaged: refused by a reader that uses it",
            f"R18 33 0 0 {xxh64(b'{!')} {xxh64(b'{}')}",
            lambda file: put(file, len(file) - 1, "B", ord("!")), tiny(ancillary=[card()]))
    file = f.file(tiny())
    right = struct.unpack_from("<Q", file, at(3) + 40)[0]
    f.directory("R18-stated", "the head is whole and its checksum in the directory is not",
                f"R18 4 0 0 {right} {right ^ 1}", (at(3) + 40, "Q", right ^ 1))


def vectors():
    f = Factory()
    for group in (start_of_file, header_rules, entry_rules, presence, places, padding):
        group(f)
    return f.broken
