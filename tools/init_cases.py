"""Initialisers, as far as they do not depend on random numbers: see fixtures-layers.py."""

import torch
from torch import nn

from layer_vectors import F64, dump, number


def initialisers():
    out = []
    for name, args, shape in [
        ("constant_", [0.3], (2, 3)), ("ones_", [], (3,)), ("zeros_", [], (3,)), ("eye_", [], (2, 4)),
        ("eye_", [], (3, 2)), ("dirac_", [], (3, 2, 3)), ("dirac_", [], (2, 3, 4)),
        ("dirac_", [2], (4, 2, 3)), ("dirac_", [], (2, 2, 3, 2)), ("dirac_", [3], (6, 1, 2, 3, 1)),
    ]:  # fmt: skip
        filled = getattr(nn.init, name)(torch.full(shape, 7.0, dtype=F64), *args)
        out.append({"name": name, "args": args, "value": dump(filled)})
    return out


def truncated():
    """Mean and deviation of normal numbers between bounds."""
    out = []
    for args in [[], [0.0, 0.02], [0.5, 2.0, -1.0, 1.0], [0.0, 1.0, 1.0, 3.0]]:
        drawn = nn.init.trunc_normal_(torch.empty(1_000_000, dtype=F64), *args)
        numbers = [number(v.item()) for v in [drawn.mean(), drawn.std(), drawn.min(), drawn.max()]]
        out.append({"args": args, "numbers": numbers})
    return out
