#!/usr/bin/env python3
"""Makes the golden vectors of formats/vectors (appendix B). The same code makes the same bytes.

  vectors.py [DIR]    writes DIR/valid, DIR/boundary, DIR/invalid and DIR/README.md

A vector that exists already is never changed: a difference is an error, and nothing is written for it.
"""

import math
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

import layout as L
from arithmetic import bits_of, f32, is_finite
from model import Model
from moe import (VECTORS, expected_line, explain_line, prediction_line, read_csv, show64,
                 text_line)
from texts import row_value
from writer import write


@dataclass
class Vector:
    """A valid or boundary file with rows and the one-line reason for it."""

    name: str
    reason: str
    definition: object
    rows: list
    folder: str = "valid"
    explain: bool = False
    file: bytes = None
    table: str = None  # the rows as a CSV that says them; `rows` follow from it
    texts: list = None  # (column, text) of section 9.0


def number_text(v):
    """The shortest decimal that reads back as the same binary32."""
    for digits in range(1, 10):
        text = f"{v:.{digits}g}"
        if f32(float(text)) == v and math.copysign(1, float(text)) == math.copysign(1, v):
            return text
    return repr(v)


def value_text(column, v):
    """A row's value as text, or None when no text stands for it."""
    if v != v:
        return ""
    if column.kind != L.CATEGORICAL:
        return number_text(v) if is_finite(v) else None
    if not is_finite(v) or v != int(v) or not 0 <= v <= len(column.categories):
        return None
    if v == len(column.categories):
        return "(never seen)"
    return column.categories[int(v)]


def quoted(text):
    if any(c in text for c in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def csv_text(columns, rows):
    """RFC 4180 with a header, or None when a row cannot be said in texts."""
    if any(isinstance(c.name, bytes) for c in columns):
        return None
    lines = [[c.name for c in columns]]
    for row in rows:
        lines.append([value_text(c, v) for c, v in zip(columns, row)])
        if None in lines[-1]:
            return None
    # A line that is empty would be no line to many readers: a lone missing value is NA.
    return "".join((",".join(quoted(text) for text in line) or "NA") + "\n" for line in lines)


def rows_text(rows):
    return "".join(" ".join(f"{bits_of(v):08x}" for v in row) + "\n" for row in rows)


def keep(path, content):
    """Writes a file that is not there; complains about one that differs."""
    content = content if isinstance(content, bytes) else content.encode()
    if path.exists():
        if path.read_bytes() != content:
            print(f"{path} differs and stays as it is", file=sys.stderr)
            return 1
        return 0
    path.write_bytes(content)
    return 0


def make_valid(directory, vector):
    """Writes one vector with its rows and predictions."""
    base = directory / vector.folder / vector.name
    data = vector.file or write(vector.definition)
    model = Model(data)
    model.verify()
    rows = list(read_csv(model, vector.table)) if vector.table else vector.rows
    files = {".moe": data, ".rows": rows_text(rows),
             ".expected": "".join(expected_line(model, row) + "\n" for row in rows)}
    csv = vector.table or csv_text(vector.definition.columns, rows)
    if csv is not None:
        files[".csv"] = csv
    if vector.explain:
        files[".explain"] = "".join(explain_line(model, row) + "\n" for row in rows)
    if vector.table:
        values = read_csv(model, vector.table, row_value)
        files[".values"] = "".join(show64(row) + "\n" for row in values)
    if vector.table and model.header["task"] == L.REGRESSION:
        files[".predictions"] = "".join(prediction_line(model, row) + "\n" for row in rows)
    if vector.texts:
        files[".texts"] = "".join(text_line(model, f"{column} - {text}") + "\n"
                                  for column, text in vector.texts)
    return sum(keep(base.with_name(vector.name + suffix), text) for suffix, text in files.items())


def main(directory):
    import boundary_vectors
    import invalid_vectors
    import valid_vectors

    directory = Path(directory)
    for folder in ("valid", "boundary", "invalid"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    vectors = valid_vectors.vectors() + boundary_vectors.vectors()
    differences = sum(make_valid(directory, vector) for vector in vectors)
    broken = invalid_vectors.vectors()
    for vector in broken:
        base = directory / "invalid" / vector.name
        differences += keep(base.with_name(vector.name + ".moe"), vector.file)
        differences += keep(base.with_name(vector.name + ".error"), vector.error + "\n")
    text = readme(vectors, broken)
    (directory / "README.md").write_text(text)
    print(f"{len(vectors)} valid and boundary, {len(broken)} invalid, {differences} differences")
    return 1 if differences else 0


def readme(vectors, broken):
    """One line for each vector."""
    head = (Path(__file__).parent / "vectors_readme.md").read_text()
    parts = [head]
    for folder in ("valid", "boundary"):
        parts.append(f"\n## {folder}\n\n| vector | why |\n| --- | --- |\n")
        parts += [f"| `{v.name}` | {v.reason} |\n" for v in vectors if v.folder == folder]
    parts.append("\n## invalid\n\n| vector | what is wrong |\n| --- | --- |\n")
    parts += [f"| `{v.name}` | {v.reason} |\n" for v in broken]
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else VECTORS))
