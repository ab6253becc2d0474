"""Writes what PyTorch's own operator samples give: the vectors of test/parity.

For every entry of `torch.testing._internal.common_methods_invocations.op_db` (PyTorch's list of its
operators, each with a generator of sample inputs) this calls the operator and keeps its arguments, its
results and, where it is differentiable, the gradients of a fixed cotangent (element i of each result
counts cos(i) times). A complex tensor counts as two, of its real and its imaginary parts, and so does its
gradient. Of singular and eigenvectors, whose signs are not determined, it keeps what does not depend on
them (`DETERMINED`).

    python tools/parity-vectors.py names FILE              the names of all entries, as JSON
    python tools/parity-vectors.py all FILE [NAMES]        all samples, one line of JSON an entry
    python tools/parity-vectors.py sample FILE [NAMES]     a small selection of them

NAMES is a file with the entries that are wanted, one a line, those of which complex samples are wanted too
with a tab and the word `complex` behind; all by default. FILE is gzipped when it ends
in `.gz`. Needs Python 3.10, torch 2.13, expecttest, numpy and scipy (tools/parity.js installs them).
"""

import base64
import gzip
import json
import random
import sys
import warnings
import zlib

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

warnings.filterwarnings("ignore")
torch.set_num_threads(1)

# What the library has for PyTorch's dtypes.
DTYPES = {
    torch.float32: "f32",
    torch.float64: "f64",
    torch.float16: "f16",
    torch.bfloat16: "bf16",
    torch.int32: "i32",
    torch.int64: "i64",
    torch.uint32: "u32",
    torch.int16: "i16",
    torch.int8: "i8",
    torch.uint8: "u8",
    torch.bool: "bool",
}
ARRAYS = {
    **{"f32": "<f4", "f64": "<f8", "f16": "<i2", "bf16": "<i2"},
    **{"i64": "<i8", "i32": "<i4", "u32": "<u4", "i16": "<i2", "i8": "i1", "u8": "u1", "bool": "u1"},
}
TESTED = [torch.float32, torch.float64, torch.int32, torch.int64, torch.bool]
COMPLEX = {torch.complex64: "c64", torch.complex128: "c128"}  # Of samples.
PAIRS = (*COMPLEX, torch.complex32)  # Of results too.
LARGEST = 200_000  # Elements of all tensors of a case; larger samples are left out.


class Skip(Exception):
    """A sample with something that the library has no value for: complex scalars, wide integers, …"""


def parts_of(x):
    return [x.real, x.imag] if x.is_complex() else [x]


def dump_tensor(x, seen):
    if x.layout == torch.strided and x.dtype in PAIRS:
        real, imag = (dump_tensor(part, seen) for part in parts_of(x.detach()))
        if x.requires_grad and x.is_leaf:
            real["g"] = imag["g"] = 1
        return {"re": real, "im": imag}
    if x.layout != torch.strided or x.dtype not in DTYPES:
        raise Skip(f"{x.dtype} {x.layout}")
    dtype = DTYPES[x.dtype]
    values = x.detach().resolve_conj().resolve_neg().cpu().contiguous()
    # Floats of 16 bits by their bits: NumPy has no bf16.
    values = (values.view(torch.int16) if dtype in ("f16", "bf16") else values).numpy()
    seen[0] += values.size
    if seen[0] > LARGEST:
        raise Skip("too large")
    data = np.ascontiguousarray(values, dtype=ARRAYS[dtype]).tobytes()
    out = {"t": dtype, "s": list(x.shape), "d": base64.b64encode(data).decode()}
    if x.requires_grad and x.is_leaf:
        out["g"] = 1
    return out


def dump_float(value):
    if value != value:
        return {"n": "NaN"}
    if value in (float("inf"), float("-inf")):
        return {"n": "Infinity" if value > 0 else "-Infinity"}
    # A float that is whole is one nonetheless: a scalar's kind takes part in promotion.
    return {"f": value} if value == int(value) else value


def dump(value, seen):
    if isinstance(value, torch.Tensor):
        return dump_tensor(value, seen)
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        if abs(value) >= 2**53:
            raise Skip("an integer beyond 53 bits")
        return value
    if isinstance(value, float):
        return dump_float(value)
    if isinstance(value, (list, tuple)):
        return [dump(v, seen) for v in value]
    if isinstance(value, dict):
        return {"k": {k: dump(v, seen) for k, v in value.items()}}
    if isinstance(value, slice):
        return {"slice": [dump(v, seen) for v in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"slice": "..."}
    if isinstance(value, torch.dtype):
        if value not in DTYPES:
            raise Skip(str(value))
        return {"dtype": DTYPES[value]}
    if isinstance(value, (torch.device, torch.layout, torch.memory_format)):
        if value in (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc):
            raise Skip(str(value))
        return {"other": str(value)}
    if isinstance(value, np.integer):
        return int(value)
    raise Skip(type(value).__name__)


def tensors_in(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from tensors_in(v)
    elif isinstance(value, dict):
        for v in value.values():
            yield from tensors_in(v)


def determined_svd(u, s, vh):
    """Of U and V the magnitudes of the columns that belong to singular values, and their product."""
    u, vh = u[..., : s.shape[-1]], vh[..., : s.shape[-1], :]
    return u.abs(), s, vh.abs(), u @ vh


def determined_eig(values, vectors=None):
    """Eigenvalues by real parts, then imaginary ones, and the magnitudes of their vectors."""
    parts = values.detach().resolve_conj().numpy()
    order = torch.from_numpy(np.lexsort((parts.imag, parts.real), axis=-1))
    values = values.take_along_dim(order, -1)
    if vectors is None:
        return values
    return values, vectors.take_along_dim(order.unsqueeze(-2), -1).abs()


# Results of which PyTorch may give several: what is the same for all of them.
DETERMINED = {
    "linalg.svd": lambda out: determined_svd(*out),
    "svd": lambda out: determined_svd(out[0], out[1], out[2].mT),
    "svd_lowrank": lambda out: (out[0] @ out[2].mT, out[1]),
    "pca_lowrank": lambda out: (out[0] @ out[2].mT, out[1]),
    "linalg.eig": lambda out: determined_eig(*out),
    "linalg.eigvals": determined_eig,
    "linalg.eigh": lambda out: (out[0], out[1].abs()),
}


def random_samples(axes):
    def added(sample):
        x = sample.input
        lead = (1,) * (axes + 2 - x.ndim) + x.shape[: x.ndim - axes]
        sample.kwargs["_random_samples"] = torch.rand(*lead, axes, dtype=x.dtype)

    return added


# Operators that draw numbers, which they can be given: so that their results can be compared.
DRAWN = {
    "nn.functional.fractional_max_pool2d": random_samples(2),
    "nn.functional.fractional_max_pool3d": random_samples(3),
}


def run(op, sample):
    """One case: arguments before the call, because some operators write to them; results; gradients."""
    DRAWN.get(op.name, lambda _: None)(sample)
    seen = [0]
    given = (sample.input, *sample.args)
    case = {
        "args": [dump(v, seen) for v in given],
        "kwargs": {k: dump(v, seen) for k, v in sample.kwargs.items()},
    }
    result = op(sample.input, *sample.args, **sample.kwargs)
    if op.name in DETERMINED:
        result = DETERMINED[op.name](result)
    case["out"] = dump(result, seen)
    leaves = [x for x in tensors_in([given, sample.kwargs]) if x.requires_grad and x.is_leaf]
    outputs = [
        part
        for y in tensors_in(result)
        if y.requires_grad and (y.is_floating_point() or y.is_complex())
        for part in parts_of(y)
    ]
    if leaves and outputs:
        total = sum(
            (y * torch.arange(y.numel(), dtype=y.dtype).cos().reshape(y.shape)).sum().double()
            for y in outputs
        )
        grads = torch.autograd.grad(total, leaves, allow_unused=True)
        case["grads"] = [
            None if g is None else dump_tensor(part, seen)
            for x, g in zip(leaves, grads)
            for part in (parts_of(x) if g is None else parts_of(g))
        ]
    return case


def name_of(op):
    return f"{op.name}[{op.variant_test_name}]" if op.variant_test_name else op.name


def cases_of(op, with_complex):
    cases, skipped = [], {}
    supported = op.supported_dtypes("cpu")
    names = {**DTYPES, **COMPLEX}
    for dtype in TESTED + (list(COMPLEX) if with_complex else []):
        if dtype not in supported:
            continue
        seed = zlib.crc32(f"{name_of(op)} {dtype}".encode())
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        grad = (dtype.is_floating_point or dtype.is_complex) and op.supports_autograd
        try:
            samples = list(op.sample_inputs("cpu", dtype, requires_grad=grad))
        except Exception as error:
            skipped[f"{names[dtype]}: no samples, {type(error).__name__}"] = 1
            continue
        for index, sample in enumerate(samples):
            try:
                case = run(op, sample)
            except Skip as reason:
                skipped[str(reason)] = skipped.get(str(reason), 0) + 1
            except Exception as error:
                key = f"PyTorch's own {type(error).__name__}"
                skipped[key] = skipped.get(key, 0) + 1
            else:
                cases.append({"id": f"{names[dtype]} {index}", **case})
    return cases, skipped


# How many cases of a dtype the sample has, and how many bytes of JSON each may take.
WANTED = {"f32": 5, "f64": 2, "i32": 1, "i64": 1, "bool": 1, "c64": 2, "c128": 1}
BYTES = 1500


def selection(cases):
    """Cases at equal distances among those that are small enough, else the smallest one."""
    out = []
    for dtype, count in WANTED.items():
        own = [(len(json.dumps(c)), i, c) for i, c in enumerate(cases) if c["id"].startswith(dtype)]
        if not own:
            continue
        small = [c for size, _, c in own if size <= BYTES] or [min(own)[2]]
        count = min(count, len(small))
        out += [small[round(i * (len(small) - 1) / max(1, count - 1))] for i in range(count)]
    return out


def main():
    what, file = sys.argv[1:3]
    if what == "names":
        names = {"torch": torch.__version__.split("+")[0], "names": [name_of(op) for op in op_db]}
        with open(file, "w", encoding="utf8") as out:
            json.dump(names, out, indent=1)
            out.write("\n")
        return
    wanted = None
    if len(sys.argv) > 3:
        with open(sys.argv[3], encoding="utf8") as lines:
            wanted = dict(line.rstrip("\n").partition("\t")[::2] for line in lines)
    raw = open(file, "wb")
    # Without a time in its header, so that the same vectors make the same file.
    out = gzip.GzipFile("", "wb", 9, raw, 0) if file.endswith(".gz") else raw
    for op in op_db:
        if wanted is not None and name_of(op) not in wanted:
            continue
        with_complex = wanted is None or wanted[name_of(op)] == "complex"
        cases, skipped = cases_of(op, with_complex)
        if what == "sample":
            cases = selection(cases)
        line = {"name": name_of(op), "cases": cases, "skipped": skipped}
        out.write((json.dumps(line, separators=(",", ":")) + "\n").encode())

    out.close()
    raw.close()


main()
