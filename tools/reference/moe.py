#!/usr/bin/env python3
"""Reads `.moe` files and predicts with them, written from formats/model.md alone.

  moe.py verify FILE          checks rules R1 to R33 and replays the self-test
  moe.py predict FILE ROWS    ROWS in the form of appendix B; prints the `.expected` form
  moe.py explain FILE ROWS    expert, margin, runner-up and probabilities of each row
  moe.py predict-csv FILE CSV the same as predict for rows as texts, columns bound by name
  moe.py dump FILE            annotated bytes
  moe.py check [DIR]          all vectors of DIR against their `.expected` and `.error`
"""

import csv
import struct
import sys
from pathlib import Path

import ed25519
import layout as L
from arithmetic import NAN, bits_of, f32, from_bits
from experts import decode
from layout import FormatError
from model import Model
from predict import Refused, answer, predict

VECTORS = Path(__file__).resolve().parents[2] / "formats" / "vectors"


def read_rows(text):
    """Appendix B: one row a line, each value as the hexadecimal bits of its f32."""
    return [[from_bits(int(word, 16)) for word in line.split()] for line in text.splitlines()]


def read_csv(model, text):
    """Rows of a CSV with a header; unknown texts are unknown, empty and NA are missing."""
    schema = model.schema
    lines = csv.reader(text.splitlines(keepends=True))
    places = next(lines)
    names = [places.index(name.decode()) for name in schema.columns]
    for line in lines:
        row = []
        for kind, categories, place in zip(schema.kinds, schema.categories, names):
            word = line[place]
            if word in ("", "NA") or kind == L.IGNORED:
                row.append(NAN)
            elif kind == L.NUMERIC:
                row.append(f32(float(word)))
            else:
                known = word.encode() in categories
                row.append(float(categories.index(word.encode()) if known else len(categories)))
        yield row


def show(values):
    return " ".join(f"{bits_of(v):08x}" for v in values)


def expected_line(model, row):
    """One line of the `.expected` form."""
    try:
        prediction = predict(model, row)
    except Refused as refusal:
        return f"refused {refusal}"
    return f"{prediction.expert} {show(prediction.values)}"


def explain_line(model, row):
    """Expert, margin bits, runner-up (or -), then `:` and the bits of the probabilities."""
    try:
        prediction = predict(model, row)
        probabilities = answer(model, prediction)[1]
    except Refused as refusal:
        return f"refused {refusal}"
    runner_up = "-" if prediction.runner_up is None else prediction.runner_up
    line = f"{prediction.expert} {bits_of(prediction.margin):08x} {runner_up}"
    return line if probabilities is None else f"{line} : {show(probabilities)}"


def replay(model):
    """Section 8.5: the number of rows of the self-test and of those that differ."""
    entry = model.container.find(L.SELF_TEST)
    if entry is None or entry.encoding != L.RAW:
        return 0, 0
    data = model.container.stored(entry)
    columns, outputs = model.header["columnCount"], model.header["outputCount"]
    count, at, different = L.u32(data, 0), 16, 0
    for _ in range(count):
        numbers = struct.unpack_from(f"<{columns}f", data, at)
        at += 4 * columns
        expert, *bits = struct.unpack_from(f"<{1 + outputs}I", data, at)
        at += 4 + 4 * outputs
        line = f"{expert} " + " ".join(f"{b:08x}" for b in bits)
        different += expected_line(model, numbers) != line
    return count, different


def signature_holds(model):
    """Section 8.6: None without a signature, else whether it and all digests are right."""
    container = model.container
    entry = container.find(L.SIGNED)
    if entry is None:
        return None
    data = decode(container, entry)
    others = [(e.kind, e.index, decode(container, e)) for e in container.entries if e is not entry]
    key, signature = data[16:48], data[48:112]
    if data != ed25519.signature_section(key, signature, others):
        return False
    return ed25519.verify(key, ed25519.signed_message(container.data[:128], others), signature)


def verify(path):
    model = Model(Path(path).read_bytes())
    model.verify()
    rows, different = replay(model)
    signed = {None: "not signed", True: "signature right", False: "signature wrong"}
    state = signature_holds(model)
    print(f"valid: {len(model.container.entries)} sections, {len(model.shapes)} experts, "
          f"self-test {rows - different} of {rows} rows equal, {signed[state]}")
    return 1 if different or state is False else 0


def check_valid(path):
    """Whether a valid vector reads, predicts what it should, and replays its self-test."""
    model = Model(path.read_bytes())
    model.verify()
    rows = read_rows(path.with_suffix(".rows").read_text())
    if replay(model)[1]:
        return "the self-test differs"
    if signature_holds(model) is False:
        return "the signature is wrong"
    text = path.with_suffix(".csv")
    if text.exists():
        lines = [expected_line(model, row) for row in read_csv(model, text.read_text(encoding="utf-8"))]
        if lines != path.with_suffix(".expected").read_text().splitlines():
            return ".csv predicts something else"
    for suffix, line in [(".expected", expected_line), (".explain", explain_line)]:
        file = path.with_suffix(suffix)
        if suffix == ".explain" and not file.exists():
            continue
        lines = [line(model, row) for row in rows]
        if lines != file.read_text().splitlines():
            return f"{suffix} differs"
    return None


def check_invalid(path):
    """Whether a vector is refused by the rule, place and numbers that its `.error` says."""
    expected = path.with_suffix(".error").read_text().strip()
    try:
        Model(path.read_bytes()).verify()
    except FormatError as error:
        return None if str(error) == expected else f"{error}, expected {expected}"
    return f"accepted, expected {expected}"


def check(directory):
    """Runs all vectors; prints each difference and a closing line."""
    passed, failed = 0, 0
    for path in sorted(Path(directory).glob("*/*.moe")):
        invalid = path.with_suffix(".error").exists()
        try:
            difference = check_invalid(path) if invalid else check_valid(path)
        except FormatError as error:
            difference = f"refused: {error}"
        passed += difference is None
        failed += difference is not None
        if difference:
            print(f"{path}: {difference}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def main(arguments):
    command, *rest = arguments or ["help"]
    if command == "verify" and len(rest) == 1:
        return verify(rest[0])
    if command in ("predict", "explain") and len(rest) == 2:
        model = Model(Path(rest[0]).read_bytes())
        line = expected_line if command == "predict" else explain_line
        for row in read_rows(Path(rest[1]).read_text()):
            print(line(model, row))
        return 0
    if command == "predict-csv" and len(rest) == 2:
        model = Model(Path(rest[0]).read_bytes())
        for row in read_csv(model, Path(rest[1]).read_text(encoding="utf-8")):
            print(expected_line(model, row))
        return 0
    if command == "dump" and len(rest) == 1:
        from dump import dump
        dump(Path(rest[0]).read_bytes())
        return 0
    if command == "check" and len(rest) <= 1:
        return check(rest[0] if rest else VECTORS)
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except FormatError as error:
        print(error, file=sys.stderr)
        sys.exit(65)
