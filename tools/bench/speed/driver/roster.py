"""roster.py: who takes part.

A kind is `routed` (the same model), `dense` (a plain network of the active size, expert 0: a generous bound,
as it neither routes nor has more than one expert to read; `dense bf16` in fewer bits) or `other` (not this
model, with the same inputs).
"""

import install
import places
from contender import Contender

TIGHT, LOOSE = 1e-3, 0.1  # f32 summed in another order; bfloat16
FAST = ["-O3", "-march=native"]


class Peer:
    """A peer: what it needs, and which contenders it enters for a workload."""

    def __init__(self, name, wheels, variants, program=None, script=None, graphs=None, workloads=None):
        self.name, self.wheels, self.variants = name, wheels, variants
        self.program, self.script, self.graphs = program, script, graphs
        self.workloads = workloads

    def contenders(self, shape):
        if self.graphs:
            # The script makes all files of a workload; the last of them shows that it has.
            script, last = self.graphs
            names = [] if self.workloads else [shape.name]
            if not (places.WORK / ".".join([*names, last])).exists():
                places.output(places.PYTHON, "-B", places.PEERS / script, places.WORK, *names)
        for variant in self.variants:
            kind = "routed" if variant == "moe" else variant.split("-")[0]
            extra = "MoE operator" if variant == "moe" else variant.partition("-")[2]
            name = self.name + (f" {extra}" if extra else "")
            if kind == "dense":
                name += " dense"
                kind += f" {extra}" if extra else ""
            if self.script:
                command = [places.PYTHON, "-B", places.PEERS / self.script]
            else:
                command = [self.program()]
            entry = Contender(name, kind, [*command, places.WORK, shape.name, variant])
            # It computes in a thread of its own, also if it has but one: on one core they wait for each other.
            entry.has_own_threads = self.name == "OpenVINO"
            # A batch needs a conditional that this peer's graphs do not have.
            entry.batches = (self.name, variant) != ("LiteRT", "routed")
            entry.tolerance = LOOSE if "bf16" in variant else TIGHT
            yield entry


def hand():
    return install.compiled("hand", ["peer.c", "hand.c"], FAST)


def eigen():
    folder = install.debian("libeigen3-dev", "usr/include/eigen3/Eigen/Core")
    return install.compiled("eigen", ["peer.c", "eigen.cpp"],
                            [*FAST, "-DNDEBUG", "-I", folder / "include/eigen3"])


def openblas():
    folder = install.site() / "scipy_openblas32"
    return install.compiled(
        "openblas", ["peer.c", "openblas.c"], [*FAST, "-I", folder / "include"],
        ["-L", folder / "lib", "-lscipy_openblas", f"-Wl,-rpath,{folder / 'lib'}"])


def ggml():
    folder = install.site() / "pywhispercpp.libs"
    libraries = [next(folder.glob(f"libggml{part}-*.so*")) for part in ("-cpu", "-base")]
    return linked("ggml", libraries)


def onnx_runtime():
    library = next((install.site() / "onnxruntime/capi").glob("libonnxruntime.so.*"))
    return linked("onnxruntime", [library], {library: "libonnxruntime.so.1"})


def openvino():
    folder = install.site() / "openvino/libs"
    return linked("openvino", [next(folder.glob("libopenvino_c.so.*"))])


def lightgbm():
    return linked("lightgbm", [install.site() / "lightgbm/lib/lib_lightgbm.so"])


def linked(name, libraries, names=None):
    """A program of `peer.c` and `name.c` with shared libraries, each found by the name that it was linked as."""
    folder = places.CACHE / "libraries"
    folder.mkdir(exist_ok=True)
    for library, wanted in (names or {}).items():
        link = folder / wanted
        link.unlink(missing_ok=True)
        link.symlink_to(library)
    paths = [folder, *(library.parent for library in libraries)]
    return install.compiled(
        name, ["peer.c", f"{name}.c"], FAST,
        [*libraries, "-Wl,--allow-shlib-undefined", *(f"-Wl,-rpath,{path}" for path in paths)])


PEERS = [
    Peer("hand C", [], ["routed", "dense"], program=hand),
    Peer("Eigen", [], ["routed", "dense"], program=eigen),
    Peer("OpenBLAS", ["openblas"], ["routed", "dense"], program=openblas),
    Peer("ONNX Runtime", ["onnxruntime", "onnx"], ["routed", "moe", "dense"],
         program=onnx_runtime, graphs=("onnx_graphs.py", "moe.onnx")),
    Peer("OpenVINO", ["openvino", "onnx"], ["routed", "dense", "dense-bf16"], program=openvino,
         graphs=("onnx_graphs.py", "moe.onnx")),
    Peer("LiteRT", ["litert"], ["routed", "dense"], script="litert.py"),
    Peer("LightGBM 500 trees", ["lightgbm"], ["other"], program=lightgbm,
         graphs=("lightgbm_model.py", "trees1.txt"), workloads=["S"]),
    Peer("ggml", ["ggml"], ["routed", "dense"], program=ggml),
    Peer("PyTorch", ["torch"], ["routed", "dense"], script="pytorch.py"),
]


def postern(shape, elements):
    """Postern's own contenders."""
    for element in elements:
        if element in shape.elements:
            name = "Postern" if element == "f32" else f"Postern {element}"
            entry = Contender(name, "postern", [
                places.RELEASE / "speed", "contend", places.WORK / f"{shape.name}.{element}.moe",
                places.WORK / f"{shape.name}.rows.f32"],
                threads=(1,) if element in ("f16", "int4") else (1, 2))
            entry.element = element
            yield entry


NO_ENCODING = "Postern without encoding"


def without_encoding():
    """Postern with T's columns as they are: what the encoding is held against."""
    for entry in postern(places.Shape("TD"), ["f32"]):
        entry.name, entry.kind = NO_ENCODING, "other"
        yield entry


def entrants(shape, names):
    """Contenders of the peers that are chosen and can be had; reasons go to `install.missing`."""
    for peer in PEERS:
        if names and peer.name not in names:
            continue
        if peer.workloads and shape.name not in peer.workloads:
            continue
        reasons = [install.missing[name] for name in peer.wheels if name in install.missing]
        if reasons:
            install.missing[peer.name] = reasons[0]
            continue
        try:
            yield from peer.contenders(shape)
        except Exception as reason:  # a peer that cannot be built must not stop the others
            detail = getattr(reason, "stderr", None) or str(reason)
            install.missing[peer.name] = detail.strip().splitlines()[-1] if detail.strip() else repr(reason)
