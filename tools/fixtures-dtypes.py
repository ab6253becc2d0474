"""What test/tensor/dtypes.test.ts compares with: promotion, casts, sums and products of PyTorch's dtypes.

Needs torch 2.13; writes test/tensor/dtypes.json:

    python3 tools/fixtures-dtypes.py
    python3 tools/fixtures-dtypes.py --check    computes it anew and compares
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

import torch

torch.manual_seed(0)
DTYPES = {
    "f32": torch.float32,
    "f64": torch.float64,
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "i32": torch.int32,
    "u32": torch.uint32,
    "i16": torch.int16,
    "i8": torch.int8,
    "u8": torch.uint8,
    "bool": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
# There is no i64: what PyTorch makes i64 is i32.
NAMES[torch.int64] = "i32"


def promoted(a, b):
    try:
        return NAMES[torch.promote_types(a, b)]
    except RuntimeError:
        return None


def with_scalar(dtype, value):
    try:
        return NAMES[torch.result_type(torch.ones(2).to(dtype), value)]
    except RuntimeError:
        return None


def bits(x):
    """The bits of a tensor as 16- or 32-bit integers, with one pattern for NaN."""
    nan = {torch.float16: 0x7E00, torch.bfloat16: 0x7FC0, torch.float32: 0x7FC00000}[x.dtype]
    word = torch.int32 if x.dtype == torch.float32 else torch.int16
    return torch.where(x.isnan(), nan, x.view(word))


def coded(x):
    return base64.b64encode(x.contiguous().numpy().tobytes()).decode()


def digest(x):
    return hashlib.sha256(bits(x).numpy().tobytes()).hexdigest()


def singles():
    """Numbers that are hard to round: around halves between neighbours, at the ends of the range, NaN."""
    every = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16)
    near = []
    for half in (torch.float16, torch.bfloat16):
        values = every.view(half).float()
        values = values[values.isfinite()].sort().values.unique()
        middle = (values[1:].double() + values[:-1].double()) / 2
        chosen = middle[torch.randperm(len(middle))[:150]].float()
        near += [chosen, chosen.nextafter(torch.tensor(torch.inf)), chosen.nextafter(torch.tensor(-torch.inf))]
    near.append(torch.tensor([65504, 65519.99, 65520, 65535, 65536, 1e6, 3.4028234663852886e38, 3.39e38, 3.3961e38]))
    near.append(torch.tensor([2**-24, 2**-25, 2**-26, 3 * 2**-25, 2**-14, 2**-15, 1e-8, 1e-40, 1e-45, 2**-133, 2**-134]))
    near.append(torch.tensor([0.0, 1.0, 0.1, 1 / 3, torch.nan, torch.inf]))
    anything = torch.randint(-(2**31), 2**31 - 1, (400,)).to(torch.int32).view(torch.float32)
    x = torch.cat(near + [anything])
    return torch.cat([x, -x])


def contraction(dtype, m, k, n):
    a, b = torch.randn(m, k).to(dtype), torch.randn(k, n).to(dtype)
    return {
        "dtype": NAMES[dtype],
        "sizes": [m, k, n],
        "a": coded(bits(a)),
        "b": coded(bits(b)),
        "product": coded(bits(a @ b)),
        "sum": coded(bits(a.sum(1))),
        "mean": coded(bits(a.mean(1))),
        "softmax": coded(bits(a.softmax(1))),
        "layerNorm": coded(bits(torch.nn.functional.layer_norm(a, [k]))),
        "gelu": coded(bits(torch.nn.functional.gelu(a))),
    }


x = singles()
all16 = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16)
whole = torch.cat([torch.arange(-300, 300, 7), torch.tensor([32767, 32768, -32768, -32769, 65535, 70000])])
fixtures = {
    "promote": {a: {b: promoted(DTYPES[a], DTYPES[b]) for b in DTYPES} for a in DTYPES},
    "scalars": {a: [with_scalar(DTYPES[a], v) for v in (True, 2, 2.5)] for a in DTYPES},
    "singles": {"values": coded(bits(x)), "f16": coded(bits(x.half())), "bf16": coded(bits(x.bfloat16()))},
    # Of the 65,536 patterns in ascending order from -32768.
    "every": {
        "f16 to f32": digest(all16.view(torch.float16).float()),
        "bf16 to f32": digest(all16.view(torch.bfloat16).float()),
        "f16 to bf16": digest(all16.view(torch.float16).bfloat16()),
        "bf16 to f16": digest(all16.view(torch.bfloat16).half()),
    },
    "whole": {
        "values": whole.tolist(),
        "i8": whole.to(torch.int8).tolist(),
        "i16": whole.to(torch.int16).tolist(),
        "f16": coded(bits(whole.half())),
        "bf16": coded(bits(whole.bfloat16())),
    },
    "contractions": [contraction(d, *s) for d in (torch.float16, torch.bfloat16) for s in ((5, 7, 3), (9, 130, 17))],
}
path = Path(__file__).parent.parent / "test" / "tensor" / "dtypes.json"
text = json.dumps(fixtures) + "\n"
if sys.argv[1:] == ["--check"]:
    # What another processor may round otherwise is left to the test, which allows for it.
    own, made = json.loads(path.read_text()), json.loads(text)
    differing = [name for name in made if name != "contractions" and own.get(name) != made[name]]
    print(f"{path.name}: " + (f"{', '.join(differing)} differ" if differing else "is as PyTorch makes it"))
    sys.exit(1 if differing else 0)
path.write_text(text)
