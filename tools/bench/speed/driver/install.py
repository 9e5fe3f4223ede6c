"""install.py: peers into a cache: Python wheels with fixed versions, C programs compiled here.

What cannot be had is remembered with the reason and listed in the report.
"""

import pathlib
import shutil
import subprocess
import sys

import places

# A name that the report uses, and what pip is asked for.
WHEELS = {
    "numpy": "numpy==2.3.5",
    "onnxruntime": "onnxruntime==1.31.1",
    "onnx": "onnx==1.23.2",
    "torch": "torch==2.13.0+cpu",
    "openvino": "openvino==2026.4.1",
    "litert": "ai-edge-litert==2.3.0",
    "lightgbm": "lightgbm==4.7.0",
    "openblas": "scipy-openblas32==0.3.34.481.3",
    # Carries ggml's libraries for the CPU, without headers.
    "ggml": "pywhispercpp==1.5.1",
    "pandas": "pandas==3.1.1",
    "vowpalwabbit": "vowpalwabbit==9.11.9",
}

missing = {}


def environment():
    """A Python of the peers' own."""
    if not places.PYTHON.exists():
        places.CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", places.CACHE / "venv"], check=True)


def packages(names):
    """Installs wheels that are not there yet; `missing` has the reasons for those that cannot be."""
    here = places.output(places.PYTHON, "-m", "pip", "list", "--format=freeze").lower().split()
    for name in names:
        want = WHEELS[name]
        if want.lower() in here:
            continue
        found = subprocess.run(
            [places.PYTHON, "-m", "pip", "install", "-q", "--only-binary=:all:", "--extra-index-url",
             "https://download.pytorch.org/whl/cpu", want] if name == "torch" else
            [places.PYTHON, "-m", "pip", "install", "-q", "--only-binary=:all:", want],
            capture_output=True, text=True)
        if found.returncode != 0:
            lines = [line for line in found.stderr.splitlines() if "ERROR" in line]
            missing[name] = lines[-1] if lines else "pip cannot install it"


def site():
    """The folder of installed packages."""
    return next((places.CACHE / "venv/lib").glob("python3*/site-packages"))


def compiler(language="c"):
    """A C or C++ compiler."""
    names = ("cc", "gcc", "clang") if language == "c" else ("c++", "g++", "clang++")
    for name in names:
        if shutil.which(name):
            return name
    raise FileNotFoundError("no compiler")


def compiled(name, sources, options, libraries=()):
    """The path of a program made of `native/`, compiled again if a source is newer."""
    program = places.PROGRAMS / name
    files = [places.NATIVE / source for source in sources]
    newest = max(file.stat().st_mtime for file in [*files, *places.NATIVE.glob("*.h")])
    if program.exists() and program.stat().st_mtime > newest:
        return program
    places.PROGRAMS.mkdir(parents=True, exist_ok=True)
    has_cpp = any(file.suffix == ".cpp" for file in files)
    objects = []
    for file in files:
        is_cpp = file.suffix == ".cpp"
        objects.append(places.PROGRAMS / f"{name}-{file.stem}.o")
        places.output(compiler("c++" if is_cpp else "c"), *options, "-c", file, "-o", objects[-1])
    places.output(compiler("c++" if has_cpp else "c"), *objects, "-o", program, *libraries,
                  "-lpthread", "-lm")
    return program


def debian(package, wanted):
    """A folder with a Debian package's files: the system's own, or downloaded and unpacked without
    installing."""
    if pathlib.Path("/", wanted).exists():
        return pathlib.Path("/usr")
    folder = places.CACHE / package
    if not (folder / wanted).exists():
        folder.mkdir(parents=True, exist_ok=True)
        places.output("apt-get", "download", package, cwd=folder)
        places.output("dpkg", "-x", next(folder.glob("*.deb")), folder)
    return folder / "usr"


def workloads(names):
    """Makes models and rows that are not there yet, with the release build of the workload maker."""
    places.WORK.mkdir(parents=True, exist_ok=True)
    needed = [name for name in names if not (places.WORK / f"{name}.json").exists()]
    if needed:
        places.output(places.RELEASE / "speed", "make", places.WORK, *needed)


def postern():
    """Builds the release executables: `postern` last, as users get it, without libraries."""
    for command in (["swift", "build", "-c", "release", "-j", "2", "--product", "speed"],
                    [places.TOP / "tools/release"]):
        subprocess.run(command, check=True, cwd=places.TOP, stdout=sys.stderr)
