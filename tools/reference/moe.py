#!/usr/bin/env python3
"""Reads `.moe` files and predicts with them, written from formats/model.md alone.

  moe.py verify FILE          checks rules R1 to R33 and replays the self-test
  moe.py predict FILE ROWS    ROWS in the form of appendix B; prints the `.expected` form
  moe.py explain FILE ROWS    expert, margin, runner-up and probabilities of each row
  moe.py predict-csv FILE CSV the same as predict for rows as texts, columns bound by name
  moe.py answer FILE ROWS     the answers of section 9.5 in the `.predictions` form
  moe.py dump FILE            annotated bytes
  moe.py check [DIR]          all vectors of DIR against their `.expected` and `.error`
"""

import csv
import math
import struct
import sys
from pathlib import Path

import ed25519
import layout as L
from arithmetic import NAN, bits_of, from_bits
from experts import decode
from layout import FormatError
from model import Model
from predict import Refused, answer, predict
from texts import row_number, row_value

VECTORS = Path(__file__).resolve().parents[2] / "formats" / "vectors"


def read_rows(text):
    """Appendix B: one row a line, each value as the hexadecimal bits of its f32."""
    return [[from_bits(int(word, 16)) for word in line.split()] for line in text.splitlines()]


def csv_fields(model, text):
    """The texts of each row of a CSV with a header, by column; a source's stands for its parts."""
    lines = csv.reader(text.splitlines(keepends=True))
    places = next(lines)
    names = list(model.schema.columns)
    for column, number in enumerate(model.input.columns):
        if number.source:
            names[column] = model.input.sources[number.source - 1][0]
    indices = [places.index(name.decode()) if name.decode() in places else None for name in names]
    for line in lines:
        yield ["" if index is None else line[index] for index in indices]


def read_csv(model, text, read=row_number):
    """Rows of a CSV by section 9.0: lists of numbers, or the Refused of a text that says none."""
    for words in csv_fields(model, text):
        try:
            yield [read(model, column, word.encode()) for column, word in enumerate(words)]
        except Refused as refusal:
            yield refusal


def bits_of_f64(v):
    """The 64 bits of a binary64 as an integer; every NaN gives the quiet one."""
    return 0x7FF8 << 48 if math.isnan(v) else struct.unpack("<Q", struct.pack("<d", v))[0]


def show64(values):
    return " ".join(f"{bits_of_f64(v):016x}" for v in values)


def show(values):
    return " ".join(f"{bits_of(v):08x}" for v in values)


def expected_line(model, row):
    """One line of the `.expected` form."""
    if isinstance(row, Refused):
        return f"refused {row}"
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


def prediction_line(model, row):
    """One line of the `.predictions` form: the answers of section 9.5 as bits of f64."""
    try:
        values = predict(model, row).values
    except Refused as refusal:
        return f"refused {refusal}"
    return show64(n.prediction(v) for n, v in zip(model.input.targets, values))


def text_line(model, line):
    """A line of the `.texts` form with its result: column, bits of the f32 or `-`, text."""
    column, _, text = line.split(" ", 2)
    try:
        result = f"{bits_of(row_number(model, int(column), text.encode())):08x}"
    except Refused:
        result = "-"
    return f"{column} {result} {text}"


def check_input(model, path):
    """What is wrong with the files about texts and binary64, or None."""
    csv_path, values_path = path.with_suffix(".csv"), path.with_suffix(".values")
    if values_path.exists():
        text = csv_path.read_text(encoding="utf-8")
        lines = [show64(row) for row in read_csv(model, text, row_value)]
        if lines != values_path.read_text().splitlines():
            return ".csv says other values"
        rows = [" ".join(f"{bits_of(v):08x}" for v in row) for row in read_csv(model, text)]
        if rows != path.with_suffix(".rows").read_text().splitlines():
            return ".csv says other rows"
    texts_path = path.with_suffix(".texts")
    if texts_path.exists():
        for line in texts_path.read_text(encoding="utf-8").splitlines():
            if text_line(model, line) != line:
                return f".texts: {line!r} reads as {text_line(model, line)!r}"
    return None


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
    if check_input(model, path):
        return check_input(model, path)
    for suffix, line in [(".expected", expected_line), (".explain", explain_line),
                         (".predictions", prediction_line)]:
        file = path.with_suffix(suffix)
        if suffix != ".expected" and not file.exists():
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
    lines = {"predict": expected_line, "explain": explain_line, "answer": prediction_line}
    if command in lines and len(rest) == 2:
        model = Model(Path(rest[0]).read_bytes())
        line = lines[command]
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
