"""A linear model of a CSV table: ridge regression, or multinomial logistic regression for classes, its penalty by cross-validation.

Numbers are standardised, categories one-hot, missing numbers the mean with an indicator. numpy alone; nothing is shared with Postern.
"""
import csv

import numpy as np

PENALTIES = [1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
CLASS_PENALTIES = [1e-4, 1e-3, 1e-2]
FOLDS = 3


def read(path):
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


class Design:
    """The terms of the input columns, learned from the training rows."""

    def __init__(self, header, rows, target):
        self.parts = []
        for index, name in enumerate(header):
            if name == target:
                continue
            texts = [row[index] for row in rows]
            numbers = [number(text) for text in texts if text != ""]
            if numbers and all(value is not None for value in numbers):
                values = np.array(numbers)
                spread = values.std()
                self.parts.append((index, values.mean(), spread if spread > 0 else 1.0, len(numbers) < len(texts)))
            else:
                self.parts.append((index, sorted(set(texts))))

    def terms(self, rows):
        blocks = []
        for part in self.parts:
            texts = [row[part[0]] for row in rows]
            if len(part) == 2:
                place = {text: position for position, text in enumerate(part[1])}
                block = np.zeros((len(rows), len(part[1])))
                for row, text in enumerate(texts):
                    if text in place:
                        block[row, place[text]] = 1
            else:
                _, mean, spread, has_missing = part
                values = np.array([float(text) if text != "" else np.nan for text in texts])
                missing = np.isnan(values)
                block = np.where(missing, 0, (values - mean) / spread)[:, None]
                if has_missing:
                    block = np.column_stack([block, missing])
            blocks.append(block)
        return np.column_stack(blocks)


def ridge(x, y, penalty):
    means, center = x.mean(axis=0), y.mean()
    z = x - means
    weights = np.linalg.solve(z.T @ z + penalty * len(x) * np.eye(x.shape[1]), z.T @ (y - center))
    return weights, center - means @ weights


def logistic(x, labels, count, penalty, steps=150):
    """Steps of Newton's with Böhning's bound of the curvature, and momentum that starts anew where it points uphill."""
    x = np.column_stack([x, np.ones(len(x))])
    keep = np.full(x.shape[1], penalty * len(x))
    factor = np.linalg.inv(0.5 * x.T @ x + np.diag(keep + 1e-9 * len(x)))
    truth = np.eye(count)[labels]
    last = now = np.zeros((x.shape[1], count))
    momentum = 1.0
    for _ in range(steps):
        following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead = now + (momentum - 1) / following * (now - last)
        logits = x @ ahead
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        shares /= shares.sum(axis=1, keepdims=True)
        gradient = x.T @ (shares - truth) + keep[:, None] * ahead
        last, now = now, ahead - factor @ gradient
        momentum = 1.0 if np.sum(gradient * (now - last)) > 0 else following
    return now[:-1], now[-1]


def best(penalties, cost, count):
    """The penalty whose cost over the folds is least."""
    fold = np.random.default_rng(1).permutation(count) % FOLDS
    return min(penalties, key=lambda penalty: sum(cost(penalty, fold != part, fold == part) for part in range(FOLDS)))


def score(train, test, target, task):
    """The test score of a linear model: RMSE, or accuracy for a classification."""
    header, rows = read(train)
    test_header, test_rows = read(test)
    at, test_at = header.index(target), test_header.index(target)
    assert header == test_header, (header, test_header)
    design = Design(header, rows, target)
    x, fresh = design.terms(rows), design.terms(test_rows)
    truth = [row[at] for row in rows]
    test_truth = [row[test_at] for row in test_rows]
    if task == "regression":
        y = np.array([float(text) for text in truth])
        deviation = y.std() or 1.0
        unit = (y - y.mean()) / deviation

        def cost(penalty, own, other):
            weights, bias = ridge(x[own], unit[own], penalty)
            return np.sum((x[other] @ weights + bias - unit[other]) ** 2)

        weights, bias = ridge(x, unit, best(PENALTIES, cost, len(x)))
        predicted = (fresh @ weights + bias) * deviation + y.mean()
        return float(np.sqrt(np.mean((predicted - np.array([float(text) for text in test_truth])) ** 2)))
    classes = sorted(set(truth))
    labels = np.array([classes.index(text) for text in truth])

    def loss(penalty, own, other):
        weights, bias = logistic(x[own], labels[own], len(classes), penalty, steps=40)
        logits = x[other] @ weights + bias
        logits -= logits.max(axis=1, keepdims=True)
        return np.sum(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(logits)), labels[other]])

    weights, bias = logistic(x, labels, len(classes), best(CLASS_PENALTIES, loss, len(x)))
    answers = (fresh @ weights + bias).argmax(axis=1)
    return float(np.mean([classes[answer] == text for answer, text in zip(answers, test_truth)]))
