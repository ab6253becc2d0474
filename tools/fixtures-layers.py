"""Writes test/nn/torch.json.gz: layers and losses of PyTorch, their numbers forward and backward.

    python3 -m venv out/venv && out/venv/bin/pip install torch==2.13.0 numpy
    out/venv/bin/python tools/fixtures-layers.py            writes the file
    out/venv/bin/python tools/fixtures-layers.py --check    computes it anew and compares
"""

import gzip
import json
import math
import sys
import warnings
from pathlib import Path

import torch
from torch import nn

import init_cases
import layer_cases
import layer_cases_more
import loss_cases

FILE = Path(__file__).parent.parent / "test" / "nn" / "torch.json.gz"
FAMILIES = {
    layer_cases: [
        "convolutions", "pools", "norms", "embeddings", "recurrent", "attention", "multihead",
        "transformers",
    ],
    layer_cases_more: [
        "activations", "dropouts", "shapes", "more_pools", "more_embeddings", "packed",
        "more_attention", "parametrized", "lazy", "orthogonal",
    ],
    loss_cases: ["elementwise", "margins", "classes", "ctc", "others", "penalties"],
    init_cases: ["initialisers", "truncated"],
}  # fmt: skip


def cases_of(module, name):
    # Each family draws its own numbers, so that a change of one leaves the others as they are.
    torch.manual_seed(sum(name.encode()))
    return getattr(module, name)()


def differences(a, b, path=""):
    """Where two trees differ by more than another machine's rounding."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [d for k in a for d in differences(a[k], b[k], f"{path}.{k}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for i, (x, y) in enumerate(zip(a, b)) for d in differences(x, y, f"{path}[{i}]")]
    if isinstance(a, float) and isinstance(b, float):
        return [] if math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-9) else [f"{path}: {a} and {b}"]
    return [] if a == b else [f"{path}: {a} and {b}"]


def public(module):
    return [n for n in module.__all__ if not n.startswith("_")]


def main():
    warnings.simplefilter("ignore")
    vectors = {
        "source": f"PyTorch {torch.__version__.split('+')[0]}",
        "names": {
            "torch.nn": sorted({*public(nn.modules), *public(nn.parameter), "DataParallel"}),
            "torch.nn.init": public(nn.init),
            "torch.nn.utils": public(nn.utils),
            "torch.nn.utils.parametrizations": public(nn.utils.parametrizations),
            "torch.nn.utils.parametrize": public(nn.utils.parametrize),
            "torch.nn.utils.rnn": public(nn.utils.rnn),
        },
        "families": {name: cases_of(m, name) for m, names in FAMILIES.items() for name in names},
    }
    text = json.dumps(vectors, separators=(",", ":"), allow_nan=False)
    if sys.argv[1:] == ["--check"]:
        found = differences(json.loads(gzip.decompress(FILE.read_bytes())), json.loads(text))
        print("\n".join(found[:20]) or f"{FILE.name} is as {vectors['source']} makes it")
        sys.exit(1 if found else 0)
    # Without a time in its header, so that the same vectors make the same file.
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    cases = sum(len(family) for family in vectors["families"].values())
    print(FILE, cases, "cases", len(text), FILE.stat().st_size, "bytes")


main()
