"""The process of a peer that runs in Python: `python serve.py <framework> <threads>`. See protocol.ts."""

import gc
import importlib
import json
import math
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from types import SimpleNamespace

# Standard output belongs to the protocol.
answers = os.fdopen(os.dup(1), "w", encoding="utf8")
os.dup2(2, 1)

framework, threads = sys.argv[1], int(sys.argv[2])


def answer(value):
    answers.write(json.dumps(value, allow_nan=False) + "\n")
    answers.flush()


def numbers(values):
    """Numbers of each result as JSON has them: null where one is not finite."""
    return [[x if math.isfinite(x) else None for x in result] for result in values]


def status_field(name):
    """A field of Linux's /proc/self/status in bytes; None on other systems."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def largest():
    """The peak since the start of the process: bytes on macOS, kilobytes elsewhere."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def reset_peak():
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


job = None


def prepare(request):
    global job
    case = request["case"]
    program = load(f"workloads/{case['workload']}/{framework}.py")
    arrays = {name: make_array(name, spec) for name, spec in case["arrays"].items()}
    job = None
    gc.collect()
    reset_peak()
    given = SimpleNamespace(
        variant=case["variant"],
        settings=SimpleNamespace(**case["settings"]),
        arrays=arrays,
        mode=request["mode"],
    )
    start = time.perf_counter()
    job = program.prepare(given)
    job.step()
    values = numbers(job.values())
    return {"firstStepSeconds": time.perf_counter() - start, "values": values}


def check(request):
    values = []
    for _ in range(request["steps"]):
        job.step()
        values.append(numbers(job.values()))
    return {"values": values}


def run(request):
    step = job.step
    start = time.perf_counter()
    for _ in range(request["steps"]):
        step()
    job.finish()
    return {"seconds": time.perf_counter() - start}


def memory(_):
    return {
        "peakBytes": status_field("VmHWM") or largest(),
        "residentBytes": status_field("VmRSS") or largest(),
    }


handlers = {"prepare": prepare, "check": check, "run": run, "memory": memory}

# The framework's own module sets the number of threads before the framework is loaded.
importlib.import_module(f"{framework}_peer").start(threads)

from arrays import make_array  # noqa: E402
from loading import load  # noqa: E402

answer({"ready": True})
for line in sys.stdin:
    try:
        message = json.loads(line)
        answer(handlers[message["do"]](message))
    except Exception:
        answer({"error": traceback.format_exc()})
