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
    "i64": torch.int64,
    "i32": torch.int32,
    "u32": torch.uint32,
    "i16": torch.int16,
    "i8": torch.int8,
    "u8": torch.uint8,
    "bool": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def promoted(a, b):
    try:
        return NAMES[torch.promote_types(a, b)]
    except RuntimeError:
        return None


def with_scalar(dtype, value):
    try:
        found = NAMES[torch.result_type(torch.ones(2).to(dtype), value)]
        # Integers are i32 unless i64 is asked for.
        return "i32" if found == "i64" and dtype != torch.int64 else found
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


def longs():
    """Integers of 64 bits, and what becomes of them; as text, since JSON's numbers are doubles."""
    low, high = -(2**63), 2**63 - 1
    values = [low, low + 1, high, high - 1, 0, 1, -1, 2, -2, 3, -7, 10, 2**31, -(2**32) - 1, 2**53 + 1, 2**60 + 2**36 + 1]
    values += [-(2**55) - 3, 2**62 + 12345, -(2**40), 1234567890123456789]
    x = torch.tensor(values)
    pairs = [(a, b) for a in values for b in values]
    # PyTorch divides by neither.
    divided = [(a, b) for a, b in pairs if b != 0 and (a, b) != (low, -1)]
    text = lambda t: [str(v) for v in t.flatten().tolist()]
    sides = lambda list: [torch.tensor([p[k] for p in list]) for k in (0, 1)]
    (a, b), (c, d) = sides(pairs), sides(divided)
    counts = torch.arange(len(values)) * 3 + 4
    floats = torch.tensor([1.7, -1.7, -0.5, 2.0**53 + 2, -(2.0**62) - 1024, 1e18, -9.2e18, 2.0**40 + 0.75], dtype=torch.float64)
    square = x.reshape(4, 5)
    two = {"add": a + b, "sub": a - b, "mul": a * b, "maximum": torch.maximum(a, b), "minimum": torch.minimum(a, b)}
    two |= {"bitwiseAnd": a & b, "bitwiseOr": a | b, "bitwiseXor": a ^ b}
    two |= {"eq": a == b, "ne": a != b, "lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b}
    return {
        "values": text(x),
        "pairs": {name: text(y) for name, y in two.items()},
        "divisions": {
            "floor": text(torch.div(c, d, rounding_mode="floor")),
            "trunc": text(torch.div(c, d, rounding_mode="trunc")),
            "remainder": text(torch.remainder(c, d)),
            "fmod": text(torch.fmod(c, d)),
            "true": text(torch.div(c, d).to(torch.float64)),
        },
        "shifts": {"counts": text(counts), "left": text(x << counts), "right": text(x >> counts)},
        "each": {
            "neg": text(-x),
            "abs": text(x.abs()),
            "sign": text(x.sign()),
            "bitwiseNot": text(~x),
            "square": text(x.square()),
            "cumsum": text(x.cumsum(0)),
            "cumprod": text(x[5:].cumprod(0)),
            "sorted": text(x.sort().values),
            "order": text(x.argsort(stable=True)),
            "sum": text(square.sum(1)),
            "prod": text(square[1:].prod(1)),
            "amax": text(square.amax(0)),
            "amin": text(square.amin(0)),
            "argmax": text(square.argmax(1)),
            "matmul": text(square @ square.T),
            "pow": text(x ** (counts % 7)),
        },
        "casts": {name: text(x.to(DTYPES[name])) for name in DTYPES if name != "u32"},
        "floats": {"values": floats.tolist(), "i64": text(floats.to(torch.int64))},
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
    "longs": longs(),
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
