"""onnx_graphs.py: a workload as ONNX graphs. Arguments: FOLDER NAME.

* `NAME.dense.onnx`: expert 0 alone.
* `NAME.single.onnx`: one row; the chosen expert's weights are gathered, then multiplied.
* `NAME.batch.onnx`: rows of each expert are gathered, go through its layers, and are scattered back.
* `NAME.moe.onnx`: the operator `com.microsoft.MoE`, twice: it has two layers with as many outputs as inputs,
  so the shapes are padded with zeros to the widest of both.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from workload import Workload


class Graph:
    """Nodes and constants of a graph from `x` to `y`."""

    def __init__(self, work, rows):
        self.work, self.rows = work, rows
        self.nodes, self.constants, self.count = [], [], 0

    def constant(self, array):
        self.count += 1
        name = f"c{self.count}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, operator, *inputs, output=None, domain=None, **attributes):
        self.count += 1
        output = output or f"v{self.count}"
        self.nodes.append(
            helper.make_node(operator, list(inputs), [output], domain=domain, **attributes))
        return output

    def scores(self):
        work = self.work
        return self.node("Gemm", "x", self.constant(work.router), self.constant(work.router_bias),
                         transB=1)

    def save(self, path):
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [self.rows, self.work.inputs])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [self.rows, self.work.outputs])
        graph = helper.make_graph(self.nodes, "model", [x], [y], self.constants)
        model = helper.make_model(graph, ir_version=10, opset_imports=[
            helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)])
        onnx.save(model, path)


def dense(graph, layers, expert, x, output=None):
    for number, (weights, bias) in enumerate(layers):
        last = number + 1 == len(layers)
        x = graph.node("Gemm", x, graph.constant(weights[expert]), graph.constant(bias[expert]),
                       output=output if last else None)
        if not last:
            x = graph.node("Relu", x)
    return x


def single(graph, layers):
    chosen = graph.node("ArgMax", graph.scores(), axis=1, keepdims=0)
    x = graph.node("Unsqueeze", "x", graph.constant(np.array([1])))
    for number, (weights, bias) in enumerate(layers):
        last = number + 1 == len(layers)
        product = graph.node("MatMul", x, graph.node("Gather", graph.constant(weights), chosen))
        own = graph.node("Gather", graph.constant(bias[:, None, :]), chosen)
        x = graph.node("Add", product, own)
        if not last:
            x = graph.node("Relu", x)
    graph.node("Squeeze", x, graph.constant(np.array([1])), output="y")


def batch(graph, layers):
    chosen = graph.node("ArgMax", graph.scores(), axis=1, keepdims=0)
    places, answers = [], []
    for expert in range(graph.work.experts):
        mine = graph.node("Equal", chosen, graph.constant(np.array(expert)))
        rows = graph.node("Squeeze", graph.node("NonZero", mine), graph.constant(np.array([0])))
        answers.append(dense(graph, layers, expert, graph.node("Gather", "x", rows)))
        places.append(rows)
    order = graph.node("Unsqueeze", graph.node("Concat", *places, axis=0),
                       graph.constant(np.array([1])))
    rows = graph.node("Shape", "x", end=1)
    shape = graph.node("Concat", rows, graph.constant(np.array([graph.work.outputs])), axis=0)
    graph.node("ScatterND", graph.node("ConstantOfShape", shape), order,
               graph.node("Concat", *answers, axis=0), output="y")


def moe(graph, layers):
    work = graph.work
    (w1, b1), (w2, b2), (w3, b3) = layers
    size = max(work.inputs, work.widths[1])
    scores = graph.scores()
    x = "x"
    if size > work.inputs:
        x = graph.node("Pad", x, graph.constant(np.array([0, 0, 0, size - work.inputs])))

    def operator(x, first, first_bias, second, second_bias, activation):
        arrays = [padded(first.transpose(0, 2, 1), 2, size), first_bias,
                  padded(second.transpose(0, 2, 1), 1, size), padded(second_bias, 1, size)]
        return graph.node("MoE", x, scores, *map(graph.constant, arrays), domain="com.microsoft", k=1,
                          activation_type=activation, normalize_routing_weights=1)

    x = graph.node("Relu", operator(x, w1, b1, w2, b2, "relu"))
    one = np.broadcast_to(np.eye(work.outputs, dtype="f4"), (work.experts, work.outputs, work.outputs))
    zero = np.zeros((work.experts, work.outputs), "f4")
    x = operator(x, padded(w3, 1, size), b3, one, zero, "identity")
    graph.node("Slice", x, *(graph.constant(np.array([n])) for n in (0, work.outputs, 1)), output="y")


def padded(array, axis, size):
    widths = [(0, 0)] * array.ndim
    widths[axis] = (0, size - array.shape[axis])
    return np.pad(array, widths)


def main(folder, name):
    work = Workload(folder, name)
    layers = work.stacked()
    graph = Graph(work, "n")
    dense(graph, layers, 0, "x", output="y")
    graph.save(work.folder / f"{name}.dense.onnx")
    for kind, make, rows in (("single", single, 1), ("batch", batch, "n"), ("moe", moe, "n")):
        graph = Graph(work, rows)
        make(graph, layers)
        graph.save(work.folder / f"{name}.{kind}.onnx")


if __name__ == "__main__":
    main(*sys.argv[1:])
