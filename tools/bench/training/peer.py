"""PyTorch trains the model that Training.swift trains: one pass over the rows of a file.

Arguments: FEATURES (float32, rows x 64), LABELS (int32), work, variant, batch size, threads, dropout, rows.
Prints a line of JSON: seconds of wall and processor time, rows, the mean loss.

What is computed in each step, as in Postern: linear router and softmax, 32 experts 64-128-128-10 with PReLU (one
slope a neuron), cross-entropy, balance loss and z-loss, their gradients, AdamW. Postern besides shortens gradients
that are too long (each expert's by itself) and keeps a moving average of the weights; here neither is done.
"""

import json
import sys
import time

import numpy
import torch
import torch.nn.functional as F

INPUTS, EXPERTS, WIDTH, CLASSES = 64, 32, 128, 10
BALANCE = 0.1


def parameter(*shape, spread):
    return torch.nn.Parameter(torch.randn(*shape) * spread)


class Router(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(INPUTS, EXPERTS)

    def forward(self, x):
        logits = self.linear(x)
        return logits, torch.softmax(logits, 1)

    @staticmethod
    def losses(logits, probabilities, choices):
        shares = torch.bincount(choices, minlength=EXPERTS) / len(logits)
        balance = EXPERTS * torch.dot(shares, probabilities.mean(0))
        return BALANCE * balance + 1e-3 * torch.logsumexp(logits, 1).square().mean()


class Stacked(torch.nn.Module):
    """All experts' parameters in one tensor for each layer, for batched and grouped products."""

    def __init__(self, dropout):
        super().__init__()
        # Grouped products want rows of a multiple of 16 bytes.
        sizes = [INPUTS, WIDTH, WIDTH, (CLASSES + 3) // 4 * 4]
        self.weights = torch.nn.ParameterList(
            parameter(EXPERTS, i, o, spread=(2 / i) ** 0.5) for i, o in zip(sizes, sizes[1:]))
        self.biases = torch.nn.ParameterList(
            torch.nn.Parameter(torch.zeros(EXPERTS, 1, o)) for o in sizes[1:])
        self.slopes = torch.nn.ParameterList(
            torch.nn.Parameter(torch.full((EXPERTS, 1, WIDTH), 0.1)) for _ in range(2))
        self.dropout = dropout

    def activate(self, z, slopes):
        a = torch._prelu_kernel(z, slopes)  # nn.PReLU's own, which takes slopes of any shape
        return F.dropout(a, self.dropout) if self.dropout > 0 else a

    def batched(self, x):
        """`x` has the shape (experts, rows, inputs), or (rows, inputs) for the same rows in each."""
        if x.dim() == 2:
            x = x.expand(EXPERTS, -1, -1)
        for layer in range(3):
            x = torch.bmm(x, self.weights[layer]) + self.biases[layer]
            if layer < 2:
                x = self.activate(x, self.slopes[layer])
        return x[..., :CLASSES]

    def padded(self, x, choices):
        """Rows in as many places for each expert as the largest needs."""
        order = torch.argsort(choices)
        counts = torch.bincount(choices, minlength=EXPERTS)
        ordered = choices[order]
        place = torch.arange(len(x)) - (torch.cumsum(counts, 0) - counts)[ordered]
        capacity = int(counts.max())
        blocks = x.new_zeros(EXPERTS * capacity, INPUTS)
        slot = ordered * capacity + place
        blocks = blocks.index_copy(0, slot, x[order])
        y = self.batched(blocks.view(EXPERTS, capacity, INPUTS)).reshape(-1, CLASSES)
        return torch.empty_like(y[: len(x)]).index_copy(0, order, y[slot])

    def grouped(self, x, choices):
        """Rows sorted by expert, one product for each expert and layer."""
        order = torch.argsort(choices)
        ordered = choices[order]
        ends = torch.cumsum(torch.bincount(choices, minlength=EXPERTS), 0).to(torch.int32)
        y = x[order]
        for layer in range(3):
            y = F.grouped_mm(y, self.weights[layer], offs=ends) + self.biases[layer][ordered, 0]
            if layer < 2:
                y = self.activate(y, self.slopes[layer][ordered, 0])
        return torch.empty_like(y).index_copy(0, order, y)[:, :CLASSES]


class Separate(torch.nn.Module):
    """A module for each expert, computed one after the other on its rows."""

    def __init__(self, dropout):
        super().__init__()
        self.experts = torch.nn.ModuleList(expert(dropout) for _ in range(EXPERTS))

    def looped(self, x, choices):
        order = torch.argsort(choices)
        counts = torch.bincount(choices, minlength=EXPERTS).tolist()
        parts = torch.split(x.index_select(0, order), counts)
        y = torch.cat([e(part) for e, part in zip(self.experts, parts)])
        return torch.empty_like(y).index_copy(0, order, y)


def expert(dropout):
    layers = []
    for inputs in (INPUTS, WIDTH):
        layers += [torch.nn.Linear(inputs, WIDTH), torch.nn.PReLU(WIDTH, 0.1)]
        if dropout > 0:
            layers.append(torch.nn.Dropout(dropout))
    return torch.nn.Sequential(*layers, torch.nn.Linear(WIDTH, CLASSES))


def optimizer(parameters):
    return torch.optim.AdamW(parameters, lr=1e-3, weight_decay=1e-2, fused=True)


def top1(x, labels, batch, variant, dropout):
    router = Router()
    model = Separate(dropout) if variant == "looped" else Stacked(dropout)
    compute = getattr(model, variant.removesuffix("+compile"))
    if variant.endswith("+compile"):
        compute = torch.compile(compute, dynamic=True)
    adam = optimizer([*router.parameters(), *model.parameters()])

    def step(rows):
        xs, targets = x[rows], labels[rows]
        logits, probabilities = router(xs)
        best, choices = probabilities.max(1)
        y = compute(xs, choices) * best[:, None]
        loss = F.cross_entropy(y, targets)
        adam.zero_grad(set_to_none=True)
        (loss + router.losses(logits, probabilities, choices)).backward()
        adam.step()
        return loss.item()

    return passes(step, len(x), batch)


def soft(x, labels, batch, variant, dropout):
    router = Router()
    model = Stacked(dropout)
    compute = torch.compile(model.batched) if variant.endswith("+compile") else model.batched
    adam = optimizer([*router.parameters(), *model.parameters()])

    def step(rows):
        xs, targets = x[rows], labels[rows]
        logits, probabilities = router(xs)
        y = compute(xs)
        losses = F.cross_entropy(
            y.reshape(-1, CLASSES), targets.repeat(EXPERTS), reduction="none").view(EXPERTS, -1)
        loss = (probabilities.t() * losses).sum() / len(xs)
        adam.zero_grad(set_to_none=True)
        (loss + router.losses(logits, probabilities, probabilities.argmax(1))).backward()
        adam.step()
        return loss.item()

    return passes(step, len(x), batch)


def cells(x, labels, batch, variant, dropout):
    """The cells have equal sizes: contiguous rows."""
    def train(rows):
        model = expert(dropout)
        compute = torch.compile(model) if variant.endswith("+compile") else model
        adam = optimizer(model.parameters())
        xs, targets = x[rows], labels[rows]

        def step(batch_rows):
            loss = F.cross_entropy(compute(xs[batch_rows]), targets[batch_rows])
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            return loss.item()

        return passes(step, len(xs), batch)

    size = len(x) // EXPERTS
    return sum(train(slice(e * size, (e + 1) * size)) for e in range(EXPERTS)) / EXPERTS


def passes(step, count, batch):
    order = torch.randperm(count)
    losses = [step(order[first:first + batch]) for first in range(0, count, batch)]
    return sum(losses) / len(losses)


def main():
    features, labels, work, variant, batch, threads, dropout, rows = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    rows = int(rows)
    x = torch.from_numpy(numpy.fromfile(features, numpy.float32, rows * INPUTS)).view(-1, INPUTS)
    y = torch.from_numpy(numpy.fromfile(labels, numpy.int32, rows).astype(numpy.int64))
    train = {"top1": top1, "soft": soft, "cells": cells}[work]
    warm = min(rows, 4 * int(batch) * (EXPERTS if work == "cells" else 1))
    train(x[:warm], y[:warm], int(batch), variant, float(dropout))
    wall, processor = time.perf_counter(), time.process_time()
    loss = train(x, y, int(batch), variant, float(dropout))
    print(json.dumps({
        "rows": rows, "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - processor, "loss": loss,
        "version": torch.__version__}))


main()
