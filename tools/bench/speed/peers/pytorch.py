"""pytorch.py: PyTorch, eager, in inference mode; a batch is grouped by expert."""

import torch
from peer import Peer, serve


class PyTorch(Peer):
    def open(self):
        torch.set_grad_enabled(False)
        stacked = self.work.stacked()
        count = 1 if self.variant == "dense" else self.work.experts
        self.experts = [
            [(torch.from_numpy(w[e].T.copy()), torch.from_numpy(b[e].copy())) for w, b in stacked]
            for e in range(count)]
        self.router = torch.from_numpy(self.work.router)
        self.bias = torch.from_numpy(self.work.router_bias)

    def threads(self, count):
        if torch.get_num_threads() != count:
            torch.set_num_threads(count)

    def prepare(self):
        self.whole = torch.from_numpy(self.rows)
        self.prepared = [self.whole[i] for i in range(len(self.rows))]

    @staticmethod
    def expert(layers, x):
        linear, relu = torch.nn.functional.linear, torch.relu_
        for weights, bias in layers[:-1]:
            x = relu(linear(x, weights, bias))
        return linear(x, *layers[-1])

    def single(self, row):
        if self.variant == "dense":
            return self.expert(self.experts[0], row)
        chosen = torch.addmv(self.bias, self.router, row).argmax().item()
        return self.expert(self.experts[chosen], row)

    def batch(self, rows):
        if self.variant == "dense":
            return self.expert(self.experts[0], rows)
        chosen = torch.nn.functional.linear(rows, self.router, self.bias).argmax(1)
        order = chosen.argsort()
        counts = torch.bincount(chosen, minlength=self.work.experts).tolist()
        outputs = torch.empty(len(rows), self.work.outputs)
        at = 0
        for layers, count in zip(self.experts, counts):
            if count:
                mine = order[at:at + count]
                outputs[mine] = self.expert(layers, rows[mine])
                at += count
        return outputs


serve(PyTorch)
