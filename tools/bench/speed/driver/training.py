"""training.py: rows a second of training, by the comparison of its own in tools/bench/training."""

import json
import subprocess
import sys

import places


def measure(options):
    """Its report, and a line for the target; says so if this tree has no such comparison."""
    program = places.TOP / "tools/bench/training/run"
    head = ["## Training", ""]
    if not program.exists():
        reason = "there is no tools/bench/training in this tree"
        return {"text": [*head, f"Not measured: {reason}.", ""], "targets": [
            ["training M", "at least 2 x PyTorch's rows/s", "not measured", reason, "", "", "NO"]]}
    path = places.WORK / "training.json"
    done = subprocess.run(
        [program, "--json", path, "--threads", "2", *(["--quick"] if options.quick else [])],
        stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
    if done.returncode != 0:
        return {"text": [*head, f"Not measured: it ended with status {done.returncode}.", ""],
                "targets": []}
    results = json.loads(path.read_text())
    targets = []
    for found in results:
        rates = {name: line["rows_per_second"] for name, line in found["programs"].items()}
        ours = rates.pop("Postern")
        peer = max(rates, key=rates.get)
        targets.append([
            f"training M, {found['work']}, batch {found['batch']}, {found['threads']} threads",
            "at least 2 x PyTorch's rows/s", f"{ours:,.0f} rows/s", f"{rates[peer]:,.0f} ({peer})", "",
            f"{ours / rates[peer]:.2f}", "yes" if ours >= 2 * rates[peer] else "NO"])
    return {"figures": results, "text": [*head, done.stdout], "targets": targets}
