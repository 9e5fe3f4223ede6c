"""The meaning of a prediction, section 9, step by step and bit for bit."""

from dataclasses import dataclass

import layout as L
from arithmetic import NAN, divide, f32, fma, is_finite, sqrt
from exponential import exp
from layout import pad


class Refused(Exception):
    """A row without a prediction, and why."""


@dataclass
class Prediction:
    expert: int
    values: list
    margin: float
    runner_up: int  # None when there is no other


def transform(model, row):
    """9.1: the features (padded to a multiple of 4) and the (entry, fraction) pairs."""
    features = [0.0] * pad(model.header["featureCount"], 4)
    pairs = []
    for column, v in zip(model.transform.columns, row):
        if column.kind == L.NUMERIC:
            pairs.append(_numeric(column, v, features))
        elif column.kind == L.CATEGORICAL:
            pairs.append(_categorical(column, v, features))
    return features, pairs


def _numeric(column, v, features):
    edges = column.values
    last = len(edges) - 1
    if v in (float("inf"), float("-inf")):
        raise Refused("infinite value")
    missing = v != v
    if missing and column.missing_policy == 0:
        raise Refused("missing value")
    if missing:
        v = column.fill
    if v < edges[0]:
        v = edges[0]
    if v > edges[last]:
        v = edges[last]
    features[column.first_feature] = f32(f32(v - column.center) * column.scale)
    if column.missing_policy == 2:
        features[column.first_feature + 1] = 1.0 if missing else 0.0
        if missing:
            return column.first_entry + last + 1, 0.0
    b = max(i for i in range(last) if edges[i] <= v)
    fraction = divide(f32(v - edges[b]), f32(edges[b + 1] - edges[b]))
    return column.first_entry + b, fraction


def _categorical(column, v, features):
    if v != v:
        if column.missing_policy == 0:
            raise Refused("missing value")
        unknown = column.missing_policy == 1
        local = column.category_count if unknown else column.entry_count - 1
    elif not is_finite(v) or v != int(v) or not 0 <= v <= column.category_count:
        raise Refused("invalid code")
    elif v == column.category_count:
        if column.unknown_policy == 0:
            raise Refused("unknown category")
        local = column.category_count
    else:
        local = int(v)
    for i in range(column.feature_count):
        features[column.first_feature + i] = column.values[local * column.feature_count + i]
    return column.first_entry + local, 0.0


def chains(x, step):
    """The four chains of 9.2: `step(k, c)` gives the next c."""
    quarter = len(x) // 4
    c = []
    for j in range(4):
        total = 0.0
        for k in range(j * quarter, (j + 1) * quarter):
            total = step(k, total)
        c.append(total)
    return f32(f32(c[0] + c[1]) + f32(c[2] + c[3]))


def dense(x, weight, bias, count):
    """9.2. `x` is padded; `weight(k, o)`."""
    return [f32(chains(x, lambda k, c: fma(x[k], weight(k, o), c)) + bias[o])
            for o in range(count)]


def look_up(pairs, layer):
    """9.2, a look-up layer."""
    result = []
    for o in range(layer.outputs):
        z = layer.bias[o]
        for a, r in pairs:
            low = layer.weight(a, o)
            high = layer.weight(a + 1 if r > 0 else a, o)
            z = f32(z + fma(r, f32(high - low), low))
        result.append(z)
    return result


def dense_int8(x, layer):
    """9.2, a dense layer of type int8."""
    if not all(is_finite(v) for v in x):
        return [NAN] * layer.outputs
    m = max(abs(v) for v in x)
    inverse = divide(127.0, m)
    if is_finite(inverse):
        # Python's round is to the nearest integer, ties to even; the product is a binary32.
        q = [min(max(round(f32(v * inverse)), -127), 127) for v in x]
    else:
        q = [0] * len(x)
    back = divide(m, 127.0)
    result = []
    for o in range(layer.outputs):
        total = sum(a * layer.weights[k][o] for k, a in enumerate(q))
        result.append(fma(f32(f32(total) * back), layer.scales[0][o], layer.bias[o]))
    return result


def activate(y, slopes):
    return [v if v > 0 else f32(slope * v) for v, slope in zip(y, slopes)]


def run_expert(layers, features, pairs):
    """All layers of an expert; the outputs before the head."""
    x = features
    for layer in layers:
        if layer.look_up:
            y = look_up(pairs, layer)
        elif layer.element_type == L.INT8:
            y = dense_int8(x, layer)
        else:
            y = dense(x, layer.weight, layer.bias, layer.outputs)
        if layer.slopes is not None and layer.activation == L.CUBE:
            y = [f32(f32(v * v) * v) for v in y]
        elif layer.slopes is not None:
            y = activate(y, layer.slopes)
        x = y + [0.0] * (pad(len(y), 4) - len(y))
    return y


def cosines(node, features):
    """9.3, a node of kind 2."""
    norm = sqrt(chains(features, lambda k, c: fma(features[k], features[k], c)))
    result = []
    for o in range(node.child_count):
        w = node.weights[o]
        product = chains(features, lambda k, c: fma(features[k], w[k], c))
        n = f32(norm + node.scale[o])
        result.append(f32(divide(product, n) + node.bias[o]) if is_finite(n) else NAN)
    return result


def scores(node, features):
    """9.3: one score for each child, not yet tested."""
    if node.kind == L.AFFINE:
        return dense(features, lambda k, o: node.weights[o][k], node.bias, node.child_count)
    if node.kind == L.COSINE:
        return cosines(node, features)
    result = []
    for o in range(node.child_count):
        w = node.weights[o]

        def step(k, c):
            d = f32(features[k] - w[k])
            return fma(d, d, c)

        result.append(fma(-node.scale[o], sqrt(chains(features, step)), node.bias[o]))
    return result


def best(s):
    """The lowest index whose score no other exceeds."""
    return max(range(len(s)), key=lambda i: (s[i], -i))


def margin_of(s):
    """9.3: the margin of a node and its runner-up."""
    chosen = best(s)
    others = [i for i in range(len(s)) if i != chosen]
    if not others:
        return float("inf"), None
    second = max(others, key=lambda i: (s[i], -i))
    return f32(s[chosen] - s[second]), second


def probability(s):
    """9.4: the probability of the best child."""
    return softmax(s, only=best(s))


def softmax(values, only=None):
    """9.5; with `only`, 9.4's one over the sum for the best."""
    m = max(values)
    e = [exp(f32(v - m)) for v in values]
    total = 0.0
    for v in e:
        total = f32(total + v)
    if only is not None:
        return divide(1.0, total)
    return [divide(v, total) for v in e]


def _finite(values):
    if not all(is_finite(v) for v in values):
        raise Refused("overflow")
    return values


def route(model, features):
    """9.3 and 9.4: (expert, margin, runner-up, the scores on the way)."""
    nodes = model.router
    outer = _finite(scores(nodes[0], features))
    margin, second = margin_of(outer)
    if len(nodes) == 1:
        return best(outer), margin, second, [outer]
    node = nodes[best(outer) + 1]
    inner = _finite(scores(node, features))
    inner_margin, inner_second = margin_of(inner)
    expert = node.first_child + best(inner)
    if not inner_margin > margin:
        runner = None if inner_second is None else node.first_child + inner_second
        return expert, inner_margin, runner, [outer, inner]
    other = nodes[second + 1]
    return expert, margin, other.first_child + best(scores(other, features)), [outer, inner]


def predict(model, row):
    """9.5: the prediction for one row, or Refused."""
    features, pairs = transform(model, row)
    expert, margin, runner_up, levels = route(model, features)
    out = run_expert(model.expert(expert), features, pairs)
    if model.header["gateScale"] != L.NO_SCALE:
        gate = 1.0
        for s in levels:
            by_score = model.header["gateScale"] == L.BY_SCORE
            gate = f32(gate * (s[best(s)] if by_score else probability(s)))
        out = [f32(gate * v) for v in out]
    shared = model.shared_expert()
    if shared is not None:
        out = [f32(a + b) for a, b in zip(out, run_expert(shared, features, pairs))]
    _finite(out)
    values = []
    for v, (scale, offset, low, high) in zip(out, model.head):
        value = _finite([fma(v, scale, offset)])[0]
        if value < low:
            value = low
        if value > high:
            value = high
        values.append(value)
    return Prediction(expert, values, margin, runner_up)


def answer(model, prediction):
    """9.5: the prediction itself: values, or the class and the probabilities."""
    task, values = model.header["task"], prediction.values
    if task == L.REGRESSION:
        return values, None
    if task == L.BINARY:
        return int(values[0] > 0), softmax([0.0, values[0]])
    return best(values), softmax(values)
