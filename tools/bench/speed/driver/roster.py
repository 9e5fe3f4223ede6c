"""roster.py: who takes part.

A kind is `routed` (the same model), `dense` (a plain network of the active size, expert 0: a generous bound,
as it neither routes nor has more than one expert to read) or `other` (another kind of model).
"""

import install
import places
from contender import Contender

TIGHT, LOOSE = 1e-3, 0.1  # f32 summed in another order; bfloat16
FAST = ["-O3", "-march=native"]


class Peer:
    """A peer: what it needs, and which contenders it enters for a workload."""

    def __init__(self, name, wheels, variants, program=None, script=None, tolerance=TIGHT):
        self.name, self.wheels, self.variants = name, wheels, variants
        self.program, self.script, self.tolerance = program, script, tolerance

    def contenders(self, shape):
        for variant in self.variants:
            kind = "other" if variant == "other" else variant.split("-")[0]
            if kind == "moe":
                kind = "routed"
            extra = variant.partition("-")[2] if variant != "moe" else "MoE operator"
            name = self.name + (f" {extra}" if extra else "")
            if kind == "dense":
                name += " dense"
            if self.script:
                command = [places.PYTHON, "-B", places.PEERS / self.script]
            else:
                command = [self.program()]
            entry = Contender(name, kind, [*command, places.WORK, shape.name, variant])
            entry.tolerance = LOOSE if "bf16" in variant else self.tolerance
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
    return install.compiled("ggml", ["peer.c", "ggml.c"], FAST,
                            [*libraries, f"-Wl,-rpath,{folder}", "-Wl,--allow-shlib-undefined"])


def onnx_runtime():
    library = next((install.site() / "onnxruntime/capi").glob("libonnxruntime.so.*"))
    return install.compiled("onnxruntime", ["peer.c", "onnxruntime.c"], FAST,
                            [library, f"-Wl,-rpath,{library.parent}"])


def litert():
    library = install.site() / "ai_edge_litert/libLiteRt.so"
    return install.compiled("litert", ["peer.c", "litert.c"], FAST,
                            [library, f"-Wl,-rpath,{library.parent}"])


PEERS = [
    Peer("hand C", [], ["routed", "dense"], program=hand),
    Peer("Eigen", [], ["routed", "dense"], program=eigen),
    Peer("OpenBLAS", ["openblas"], ["routed", "dense"], program=openblas),
    Peer("ONNX Runtime", ["onnxruntime", "onnx"], ["routed", "moe", "dense"],
         script="onnx_runtime.py"),
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


def entrants(shape, names):
    """Contenders of the peers that are chosen and can be had; reasons go to `install.missing`."""
    for peer in PEERS:
        if names and peer.name not in names:
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
