"""Tests of the driver's judgement: `python3 -m unittest discover -s tools/bench/speed/driver`."""

import array
import unittest
from types import SimpleNamespace

import agreement
import rounds
import targets
from limits import Limits
from rounds import Cell


class Agreement(unittest.TestCase):
    def setUp(self):
        self.right = array.array("f", [1, -2, 3, -4] * 1000)

    def test_rounding_agrees(self):
        found = array.array("f", (v * (1 + 1e-5) for v in self.right))
        self.assertIsNone(agreement.difference(found, self.right, 2, 1e-3))

    def test_a_tie_that_fell_the_other_way_agrees(self):
        found = array.array("f", self.right)
        found[0:2] = array.array("f", [9, 9])
        self.assertIsNone(agreement.difference(found, self.right, 2, 1e-3))

    def test_a_wrong_peer_is_wrong(self):
        for wrong in ([0] * 4000, [float("nan")] * 4000, list(self.right[:3998])):
            found = array.array("f", wrong)
            self.assertIsNotNone(agreement.difference(found, self.right, 2, 1e-3))

    def test_a_few_wrong_rows_are_wrong(self):
        found = array.array("f", self.right)
        for row in range(0, 2000, 400):
            found[2 * row] += 1
        self.assertIsNotNone(agreement.difference(found, self.right, 2, 1e-3))


class Contender:
    """Takes 100 ns a row."""

    kind, threads, batches = "routed", (1,), True

    def __init__(self, name, log):
        self.name, self.log = name, log

    def pin(self, cores):
        pass

    def time(self, cell, repeats):
        self.log.append(self.name)
        return 200.0, 100.0


class Rounds(unittest.TestCase):
    def run_two(self, expected):
        log = []
        two = [Contender("a", log), Contender("b", log)]
        found = rounds.run(two, Cell(256), 4, 1, 60, [0], expected, 8)
        return log, found

    def test_contenders_take_turns(self):
        log, (times, refused) = self.run_two({})
        self.assertEqual("".join(log[-8:]), "abbaabba")
        self.assertEqual({}, refused)
        self.assertEqual((100, 200, 4), tuple(times["a"][key] for key in ("ns", "wall", "rounds")))

    def test_what_would_take_too_long_is_said_and_not_started(self):
        log, (times, refused) = self.run_two({"a": 1e9})
        self.assertNotIn("a", log)
        self.assertNotIn("a", times)
        self.assertIn("256 s", refused["a"])


class Levels(unittest.TestCase):
    def test_a_model_that_no_cache_holds_is_in_memory(self):
        self.assertEqual("DRAM", Limits.level(1 << 50))
        self.assertEqual("L1", Limits.level(1 << 10))


class Targets(unittest.TestCase):
    def lines(self, ours):
        result = SimpleNamespace(
            shape=SimpleNamespace(elements=["f32"]), latency={}, elements={"Postern": "f32"},
            kinds={"Postern": "postern", "hand C": "routed", "hand C dense": "dense"},
            cells={"1x1": {"Postern": {"ns": ours}, "hand C": {"ns": 120},
                           "hand C dense": {"ns": 10}}})
        limits = SimpleNamespace(row=lambda shape, cell, element: (60, "read bandwidth"))
        return targets.single(SimpleNamespace(rows={"S": result}, limits=limits))

    def test_a_target_is_met_by_who_is_faster_than_routing_peers(self):
        for ours, met in ((119, "yes"), (121, "NO")):
            line = self.lines(ours)[0]
            self.assertIn("hand C", line[3])
            self.assertEqual(met, line[-1])

    def test_a_peer_that_was_not_measured_does_not_meet_a_target(self):
        lines = [line for line in self.lines(80) if "LiteRT" in line[0]]
        self.assertEqual(["NO"], [line[-1] for line in lines])


if __name__ == "__main__":
    unittest.main()
