"""litert.py: LiteRT's interpreter with its default delegate (XNNPACK), tensors written in place."""

import litert_graph
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from peer import Peer, serve


class LiteRT(Peer):
    def open(self):
        self.count, self.made = 1, {}
        self.one = self.of(1)

    def of(self, rows):
        """An interpreter for so many rows, its call, and views of its input and output."""
        key = rows, self.count
        if key not in self.made:
            if self.variant == "dense":
                text = litert_graph.dense(self.work, rows)
            elif rows == 1:
                text = litert_graph.routed(self.work)
            else:
                raise ValueError("the format has no conditional for the experts of a batch")
            made = Interpreter(model_content=text, num_threads=self.count)
            made.allocate_tensors()
            inputs = made.get_input_details()[0]["index"]
            outputs = made.get_output_details()[0]["index"]
            # The views stay good until tensors are allocated again.
            x = made.tensor(inputs)()
            y = made.tensor(outputs)()
            self.made[key] = made, made._interpreter.Invoke, x, y
        return self.made[key]

    def threads(self, count):
        self.count = count

    def single(self, row):
        _, invoke, x, y = self.one
        x[0] = row
        invoke()
        return y

    def batch(self, rows):
        _, invoke, x, y = self.of(len(rows))
        x[:] = rows
        invoke()
        return np.asarray(y)


serve(LiteRT)
