"""agreement.py: whether a contender computes what Postern does; one that does not is not ranked."""

import array
import math

import places
from contender import Refused

ROWS = 512


def outputs(contender, kind, rows=ROWS):
    """The outputs of the first rows."""
    path = places.WORK / f"check-{contender.process.pid}.f32"
    contender.ask(f"check {kind} {rows} {path}")
    numbers = array.array("f", path.read_bytes())
    path.unlink()
    return numbers


def dense_outputs(shape, rows=ROWS):
    """What expert 0 alone answers, in float64: the truth for dense networks."""
    import numpy as np

    folder = places.WORK
    x = np.fromfile(folder / f"{shape.name}.rows.f32", "<f4", rows * shape.inputs)
    x = x.reshape(rows, shape.inputs).astype("f8")
    weights = np.fromfile(folder / f"{shape.name}.experts.f32", "<f4",
                          shape.expert_weights() + sum(shape.widths)).astype("f8")
    at = 0
    for number, (inputs, width) in enumerate(shape.layers):
        matrix = weights[at:at + inputs * width].reshape(inputs, width)
        at += inputs * width
        x = x @ matrix + weights[at:at + width]
        at += width
        if number + 1 < len(shape.layers):
            x = np.maximum(x, 0)
    return array.array("f", x.astype("f4").tobytes())


def difference(found, expected, width, tolerance):
    """None if they agree, else in words. One row in a thousand may have gone to another expert, where two
    scores are the same within rounding."""
    if len(found) != len(expected):
        return f"{len(found)} outputs for {len(expected)}"
    size = math.sqrt(sum(v * v for v in expected) / len(expected))
    wrong = 0
    for row in range(0, len(expected), width):
        worst = max(abs(found[i] - expected[i]) for i in range(row, row + width))
        if not worst <= tolerance * size:
            wrong += 1
    rows = len(expected) // width
    if wrong > rows / 1000 + 1:
        return f"{wrong} of {rows} rows differ by more than {tolerance:g} of the outputs' size"
    return None


def wrong(contender, shape, expected, tolerance):
    """None if single rows and batches agree with what is expected, else in words."""
    for kind in ("single", "batch"):
        if kind == "batch" and not contender.batches:
            continue
        try:
            found = outputs(contender, kind)
        except Refused as reason:
            return f"{kind}: {reason}"
        text = difference(found, expected, shape.outputs, tolerance)
        if text:
            return f"{kind}: {text}"
    return None
