"""litert_graph.py: a workload as a TensorFlow Lite file, made without a converter.

`routed` answers one row: the router's largest score chooses the weights that are gathered and multiplied. A
batch would need a graph with a branch for each expert, which the format has no conditional for. `dense` is expert 0.
"""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

CODES = schema.BuiltinOperator


class Graph:
    """Tensors, buffers and operators of one subgraph."""

    def __init__(self):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.codes = {}

    def tensor(self, shape, kind=schema.TensorType.FLOAT32, array=None):
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = np.array(shape, "i4"), kind, 0
        tensor.name = f"t{len(self.graph.tensors)}"
        if array is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(array).tobytes(), "u1")
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def constant(self, array):
        kind = schema.TensorType.FLOAT32 if array.dtype == "f4" else schema.TensorType.INT32
        return self.tensor(array.shape, kind, array)

    def operator(self, code, inputs, shape, options=None, name=None,
                 kind=schema.TensorType.FLOAT32):
        if code not in self.codes:
            entry = schema.OperatorCodeT()
            entry.builtinCode = entry.deprecatedBuiltinCode = code
            entry.version = 1
            self.codes[code] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(entry)
        operator = schema.OperatorT()
        operator.opcodeIndex = self.codes[code]
        operator.inputs = np.array(inputs, "i4")
        output = self.tensor(shape, kind)
        operator.outputs = np.array([output], "i4")
        if options is not None:
            operator.builtinOptions = options
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, name)
        self.graph.operators.append(operator)
        return output

    def connected(self, x, weights, bias, rows, outputs, relu):
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = int(relu)  # 0: none, 1: ReLU
        return self.operator(CODES.FULLY_CONNECTED, [x, weights, bias], [rows, outputs], options,
                             "FullyConnectedOptions")

    def gather(self, table, index, shape):
        options = schema.GatherOptionsT()
        return self.operator(CODES.GATHER, [table, index], shape, options, "GatherOptions")

    def bytes(self, x, y):
        self.graph.inputs, self.graph.outputs = np.array([x], "i4"), np.array([y], "i4")
        self.model.subgraphs = [self.graph]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


def dense(work, rows):
    graph = Graph()
    x = first = graph.tensor([rows, work.inputs])
    stacked = work.stacked()
    for number, (weights, bias) in enumerate(stacked):
        x = graph.connected(x, graph.constant(weights[0].T), graph.constant(bias[0]), rows,
                            bias.shape[1], number + 1 < len(stacked))
    return graph.bytes(first, x)


def routed(work):
    graph = Graph()
    x = first = graph.tensor([1, work.inputs])
    scores = graph.connected(x, graph.constant(work.router), graph.constant(work.router_bias), 1,
                             work.experts, False)
    options = schema.ArgMaxOptionsT()
    options.outputType = schema.TensorType.INT32
    chosen = graph.operator(CODES.ARG_MAX, [scores, graph.constant(np.array(1, "i4"))], [1], options,
                            "ArgMaxOptions", schema.TensorType.INT32)
    stacked = work.stacked()
    for number, (weights, bias) in enumerate(stacked):
        inputs, outputs = weights.shape[1:]
        table = graph.constant(weights.transpose(0, 2, 1).reshape(work.experts, outputs * inputs))
        own = graph.gather(table, chosen, [1, outputs * inputs])
        options = schema.ReshapeOptionsT()
        options.newShape = np.array([outputs, inputs], "i4")
        own = graph.operator(CODES.RESHAPE, [own, graph.constant(np.array([outputs, inputs], "i4"))],
                             [outputs, inputs], options, "ReshapeOptions")
        offset = graph.gather(graph.constant(bias), chosen, [1, outputs])
        options = schema.AddOptionsT()
        options.fusedActivationFunction = int(number + 1 < len(stacked))
        x = graph.operator(CODES.ADD, [graph.connected(x, own, -1, 1, outputs, False), offset],
                           [1, outputs], options, "AddOptions")
    return graph.bytes(first, x)
