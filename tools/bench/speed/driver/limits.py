"""limits.py: the machine's own limits, measured in the same run."""

import places
from install import compiled


class Limits:
    """The best figures of all measurements so far; `measure` is called before, between and after parts."""

    def __init__(self):
        self.values = {}
        self.reads = {}
        self.program = compiled("limits", ["limits.c"], ["-O2"])

    def measure(self):
        """Peaks in GFLOP/s or GOP/s and bandwidths in GB/s, by name."""
        for line in places.output("taskset", "-c", places.cores()[-1], self.program).splitlines():
            name, value = line.split()
            self.values[name] = max(float(value), self.values.get(name, 0))

    def measure_reads(self, shape, element):
        """Nanoseconds to read what a single row reads: the router, and an expert chosen at random."""
        key = f"{shape.name} {element}"
        text = places.output(
            "taskset", "-c", places.cores()[-1], self.program, "read", shape.router_bytes(),
            shape.expert_bytes(element), shape.experts)
        best = min(float(line.split()[1]) for line in text.splitlines())
        self.reads[key] = min(best, self.reads.get(key, best))

    def multiply_add(self):
        """GFLOP/s in f32."""
        return max(self.values.get("fma_avx512", 0), self.values.get("fma_avx2", 0))

    def operations(self, element):
        """The peak that a batch of this element type is held against, with its name."""
        if element == "int8" and "int8_vnni" in self.values:
            return self.values["int8_vnni"], "VNNI peak"
        return self.multiply_add(), "FMA peak"

    def bandwidth(self, level):
        """GB/s of one stream or eight, whichever is more."""
        return max(self.values[f"{level}_one"], self.values[f"{level}_eight"])

    def row(self, shape, cell, element):
        """Nanoseconds a row that nothing on this machine can be faster than, and why."""
        if cell.batch == 1:
            read = self.reads[f"{shape.name} {element}"]
            weights = shape.expert_weights() if element == "f16" else 0
            convert = weights / self.values.get("half_avx512", float("inf"))
            return (convert, "vcvtph2ps") if convert > read else (read, "read bandwidth")
        peak, name = self.operations(element)
        compute = shape.operations() / peak / cell.threads
        # Blocks of weights that do not fit the cache are read once a batch.
        size = shape.router_bytes() + shape.touched(cell.batch) * shape.expert_bytes(element)
        level = self.level(shape.model_bytes(element))
        read = size / self.bandwidth(level) / cell.batch
        return (read, f"{level} bandwidth") if read > compute else (compute, name)

    @staticmethod
    def level(size):
        """The level of memory that holds so many bytes."""
        for name, limit in caches().items():
            if size <= limit:
                return name
        return "DRAM"


def caches():
    """Bytes of each level of data cache of this machine."""
    sizes = {}
    for index in sorted(place for place in __import__("pathlib").Path(
            "/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if (index / "type").read_text().strip() == "Instruction":
            continue
        text = (index / "size").read_text().strip()
        unit = {"K": 1 << 10, "M": 1 << 20}.get(text[-1], 1)
        sizes["L" + (index / "level").read_text().strip()] = int(text.rstrip("KM")) * unit
    return sizes
