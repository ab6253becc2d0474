"""What test/tensor compares with: values and gradients of PyTorch, and how NumPy prints arrays.

Each case names a method, its arguments ("$1" stands for input 1), the inputs, the outputs of PyTorch and
the gradients of sum(output * cos(0, 1, 2, ...)). Needs torch 2.13 and numpy 2.4; writes test/tensor/fixtures.json and test/tensor/print.json:

    python3 tools/fixtures-tensor.py
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

torch.manual_seed(0)
NAMES = {
    torch.float32: "f32",
    torch.float64: "f64",
    torch.int32: "i32",
    torch.int64: "i32",
    torch.uint8: "u8",
    torch.bool: "bool",
}


def number(v):
    if isinstance(v, bool):
        return int(v)
    if isinstance(v, float):
        if not math.isfinite(v):
            return "nan" if math.isnan(v) else ("inf" if v > 0 else "-inf")
        v = float(f"{v:.12g}")
        if v == 0 and math.copysign(1, v) < 0:
            return -0.0
        return int(v) if v.is_integer() and abs(v) < 1e15 else v
    return v


def dump(t):
    t = t.detach()
    return {"dtype": NAMES[t.dtype], "shape": list(t.shape), "data": [number(v) for v in t.reshape(-1).tolist()]}


cases = []


def case(method, args, inputs, fn, grad=True):
    """`fn(*inputs)` is what `inputs[0].method(*args)` must give."""
    leaves = [x.clone().requires_grad_() if grad and x.is_floating_point() else x for x in inputs]
    out = fn(*leaves)
    outs = list(out) if isinstance(out, (tuple, list)) else [out]
    entry = {"method": method, "args": args, "inputs": [dump(x) for x in inputs], "outputs": [dump(o) for o in outs]}
    floats = [o for o in outs if o.is_floating_point() and o.requires_grad]
    if grad and floats:
        total = sum((o * torch.cos(torch.arange(o.numel(), dtype=o.dtype)).reshape(o.shape)).sum() for o in floats)
        grads = torch.autograd.grad(total, [x for x in leaves if x.requires_grad], allow_unused=True)
        it = iter(grads)
        entry["grads"] = [
            (None if (g := next(it)) is None else dump(g)) if x.requires_grad else None for x in leaves
        ]
    cases.append(entry)


def randn(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def rand(*shape):
    return torch.rand(*shape, dtype=torch.float64)


def ints(low, high, *shape):
    return torch.randint(low, high, shape, dtype=torch.int32)


nan, inf = float("nan"), float("inf")
wide = torch.tensor([-inf, -100.0, -20.0, -3.5, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 2.5, 20.0, 100.0, inf, nan], dtype=torch.float64)
tame = torch.tensor([-30.0, -5.0, -2.5, -1.0, -0.3, -1e-3, 0.0, 1e-3, 0.3, 1.0, 2.5, 5.0, 30.0], dtype=torch.float64)
positive = torch.tensor([1e-3, 0.1, 0.5, 1.0, 2.0, 10.0, 1e3], dtype=torch.float64)
unit = torch.tensor([-0.99, -0.5, -1e-3, 0.0, 0.2, 0.9], dtype=torch.float64)

# Elementwise functions of one tensor
for name in ["neg", "abs", "sign", "exp", "expm1", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "erf", "erfc", "square", "floor", "ceil", "trunc", "round", "frac", "sigmoid", "exp2"]:
    case(name, [], [tame], getattr(torch, name))
for name in ["sqrt", "rsqrt", "reciprocal", "log", "log1p", "log2", "log10"]:
    case(name, [], [positive], getattr(torch, name))
for name in ["asin", "acos", "erfinv"]:
    case(name, [], [unit], getattr(torch, name))
for name in ["abs", "sign", "sqrt", "log", "exp", "floor", "round", "tanh", "sigmoid", "isnan", "isinf", "isfinite", "logical_not"]:
    camel = {"logical_not": "logicalNot"}.get(name, name)
    case(camel, [], [wide], getattr(torch, name), grad=False)
case("erfinv", [], [torch.tensor([-1.0, 1.0, 2.0], dtype=torch.float64)], torch.erfinv, grad=False)
for name in ["sqrt", "exp", "sin", "sigmoid", "reciprocal"]:
    case(name, [], [ints(1, 9, 4)], getattr(torch, name), grad=False)
for name in ["floor", "abs", "sign", "neg", "square"]:
    case(name, [], [ints(-9, 9, 4)], getattr(torch, name), grad=False)

# Activations
case("relu", [], [tame], F.relu)
case("relu", [], [wide], F.relu, grad=False)
case("relu6", [], [tame], F.relu6)
case("leakyRelu", [], [tame], F.leaky_relu)
case("leakyRelu", [0.2], [tame], lambda x: F.leaky_relu(x, 0.2))
case("prelu", ["$1"], [randn(2, 3, 2), rand(3)], F.prelu)
case("prelu", ["$1"], [randn(2, 3), rand(1)], F.prelu)
case("gelu", [], [tame], F.gelu)
case("gelu", [{"approximate": "tanh"}], [tame], lambda x: F.gelu(x, approximate="tanh"))
case("silu", [], [tame], F.silu)
case("mish", [], [tame], F.mish)
case("softplus", [], [tame], F.softplus)
case("softplus", [{"beta": 2, "threshold": 3}], [tame], lambda x: F.softplus(x, 2, 3))
case("logsigmoid", [], [tame], F.logsigmoid)
case("logsigmoid", [], [wide], F.logsigmoid, grad=False)
case("elu", [], [tame], F.elu)
case("elu", [0.5], [tame], lambda x: F.elu(x, 0.5))
case("selu", [], [tame], F.selu)
case("hardtanh", [], [tame], F.hardtanh, grad=False)
case("hardtanh", [-2, 2.5], [tame], lambda x: F.hardtanh(x, -2, 2.5), grad=False)
case("hardsigmoid", [], [tame.float()], F.hardsigmoid)
case("hardswish", [], [tame], F.hardswish)
case("softsign", [], [tame], F.softsign)
case("glu", [], [randn(3, 4)], F.glu)
case("glu", [0], [randn(4, 3)], lambda x: F.glu(x, 0))
for dim in [-1, 0, 1]:
    case("softmax", [dim], [randn(3, 4, 2) * 5], lambda x: F.softmax(x, dim))
    case("logSoftmax", [dim], [randn(3, 4, 2) * 5], lambda x: F.log_softmax(x, dim))
case("softmin", [1], [randn(3, 4)], lambda x: F.softmin(x, 1))
big = torch.tensor([[1e4, 1e4, -1e4], [-inf, 0.0, 1.0]], dtype=torch.float64)
case("softmax", [], [big], lambda x: F.softmax(x, -1), grad=False)
case("logSoftmax", [], [big], lambda x: F.log_softmax(x, -1), grad=False)
case("logsumexp", [1], [big], lambda x: torch.logsumexp(x, 1), grad=False)
case("logsumexp", [0], [torch.full((2, 2), -inf, dtype=torch.float64)], lambda x: torch.logsumexp(x, 0), grad=False)
case("logsumexp", [[0, 2]], [randn(2, 3, 2)], lambda x: torch.logsumexp(x, (0, 2)))

# Two operands
a, b = randn(3, 1, 4), randn(2, 1)
for name in ["add", "sub", "mul", "div", "maximum", "minimum", "atan2"]:
    case(name, ["$1"], [a, b], getattr(torch, name))
case("add", ["$1", {"alpha": 3}], [a, b], lambda x, y: torch.add(x, y, alpha=3))
case("sub", ["$1", {"alpha": 3}], [a, b], lambda x, y: torch.sub(x, y, alpha=3))
case("pow", ["$1"], [rand(3, 2) + 0.1, randn(2)], torch.pow)
for e in [2, 3, 0.5, -1, -0.5, 1, 0, 2.5, -2, 4]:
    case("pow", [e], [positive], lambda x: x.pow(e))
case("pow", [3], [ints(-4, 5, 6)], lambda x: x.pow(3), grad=False)
case("pow", ["$1"], [ints(-4, 5, 6), ints(0, 5, 6)], torch.pow, grad=False)
case("pow", [0.5], [ints(0, 5, 6)], lambda x: x.pow(0.5), grad=False)
case("pow", [2], [torch.tensor([True, False])], lambda x: x.pow(2), grad=False)
for x, y in [(torch.tensor([7.5, -7.5, 7.5, -7.5, 6.0, -6.0]).double(), torch.tensor([2.0, 2.0, -2.0, -2.0, 3.0, 3.0]).double())]:
    for method, name in [("remainder", "remainder"), ("fmod", "fmod")]:
        case(method, ["$1"], [x, y], getattr(torch, name))
    case("floorDivide", ["$1"], [x, y], torch.floor_divide, grad=False)
    case("div", ["$1", {"rounding": "trunc"}], [x, y], lambda x, y: torch.div(x, y, rounding_mode="trunc"), grad=False)
    case("floorDivide", ["$1"], [x, torch.zeros(6).double()], torch.floor_divide, grad=False)
    case("remainder", ["$1"], [x, torch.full((6,), inf).double()], torch.remainder, grad=False)
x, y = torch.tensor([7, -7, 7, -7, 6, -6], dtype=torch.int32), torch.tensor([2, 2, -2, -2, 3, 3], dtype=torch.int32)
for method, name in [("remainder", "remainder"), ("fmod", "fmod"), ("floorDivide", "floor_divide"), ("div", "div"), ("mul", "mul"), ("eq", "eq"), ("lt", "lt")]:
    case(method, ["$1"], [x, y], getattr(torch, name), grad=False)
case("div", ["$1", {"rounding": "trunc"}], [x, y], lambda x, y: torch.div(x, y, rounding_mode="trunc"), grad=False)
case("div", ["$1", {"rounding": "floor"}], [x, y], lambda x, y: torch.div(x, y, rounding_mode="floor"), grad=False)
case("remainder", [-3], [x], lambda x: torch.remainder(x, -3), grad=False)
for name in ["eq", "ne", "lt", "le", "gt", "ge", "maximum", "minimum"]:
    case(name, ["$1"], [wide, wide.flip(0)], getattr(torch, name), grad=False)
case("maximum", ["$1"], [torch.tensor([1.0, 2.0, 3.0]).double(), torch.tensor([1.0, 3.0, 2.0]).double()], torch.maximum)
case("clamp", [-1, 1], [tame], lambda x: x.clamp(-1, 1))
case("clamp", [-1], [tame], lambda x: x.clamp(min=-1))
case("clamp", ["$1", "$2"], [randn(3, 4), randn(4), randn(4) + 1], lambda x, lo, hi: x.clamp(lo, hi))
case("clamp", [2, 1], [tame], lambda x: x.clamp(2, 1), grad=False)
case("clamp", [-1, 1], [wide], lambda x: x.clamp(-1, 1), grad=False)
case("lerp", ["$1", 0.3], [randn(3), randn(3)], lambda x, y: x.lerp(y, 0.3))
case("addcmul", ["$1", "$2", 0.5], [randn(3), randn(3), randn(3)], lambda x, y, z: x.addcmul(y, z, value=0.5))
case("addcdiv", ["$1", "$2", 0.5], [randn(3), randn(3), rand(3) + 1], lambda x, y, z: x.addcdiv(y, z, value=0.5))
case("maskedFill", ["$1", -2], [randn(2, 3), torch.tensor([True, False, True])], lambda x, m: x.masked_fill(m, -2))
for name, camel in [("logical_and", "logicalAnd"), ("logical_or", "logicalOr"), ("logical_xor", "logicalXor")]:
    case(camel, ["$1"], [torch.tensor([0.0, 1.0, nan, 0.0]), torch.tensor([0.0, 2.0, 0.0, 5.0])], getattr(torch, name), grad=False)

# Promotion
kinds = [torch.tensor([True, False]), ints(1, 5, 2).to(torch.uint8), ints(-5, 5, 2), torch.randn(2), randn(2)]
scalars = [torch.tensor(True), torch.tensor(3, dtype=torch.uint8), torch.tensor(3, dtype=torch.int32), torch.tensor(0.5), torch.tensor(0.5, dtype=torch.float64)]
for p in kinds:
    for q in kinds + scalars:
        case("add", ["$1"], [p, q], torch.add, grad=False)
        case("mul", ["$1"], [p, q], torch.mul, grad=False)
        case("div", ["$1"], [p, q], torch.div, grad=False)
    for s in [2, 0.5, True]:
        case("add", [s], [p], lambda x: x + s, grad=False)
        case("mul", [s], [p], lambda x: x * s, grad=False)

# Reductions
r = randn(2, 3, 4)
for dim in [None, 0, -1, [0, 2], [-1, -3]]:
    for keepdim in [False, True]:
        if dim is None and keepdim:
            continue
        args = [] if dim is None else [dim, {"keepdim": keepdim}]
        kw = {} if dim is None else {"dim": dim, "keepdim": keepdim}
        for name in ["sum", "mean", "amax", "amin", "var", "std", "logsumexp", "all", "any"]:
            if name == "logsumexp" and dim is None:
                continue
            camel = name
            case(camel, args, [r], lambda x: getattr(torch, name)(x, **kw))
for name in ["prod", "argmax", "argmin"]:
    case(name, [], [r], getattr(torch, name))
    for keepdim in [False, True]:
        case(name, [1, {"keepdim": keepdim}], [r], lambda x: getattr(torch, name)(x, 1, keepdim))
case("prod", [1], [torch.tensor([[0.0, 2.0, 3.0], [0.0, 0.0, 3.0]]).double()], lambda x: x.prod(1))
for name in ["max", "min", "median"]:
    case(name, [], [r], getattr(torch, name))
    for keepdim in [False, True]:
        case(name, [1, {"keepdim": keepdim}], [r], lambda x: getattr(torch, name)(x, 1, keepdim))
ties = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]], dtype=torch.float64)
for name in ["max", "min"]:
    case(name, [], [ties], getattr(torch, name))
    case(name, [1], [ties], lambda x: getattr(torch, name)(x, 1))
case("amax", [1], [ties], lambda x: x.amax(1))
withnan = torch.tensor([[1.0, nan, 3.0], [2.0, 5.0, 0.0]], dtype=torch.float64)
for name in ["amax", "amin", "argmax", "argmin", "sum", "max", "min"]:
    case(name, [1], [withnan], lambda x: getattr(torch, name)(x, 1), grad=False)
for c in [0, 2]:
    case("var", [1, {"correction": c}], [r], lambda x: torch.var(x, 1, correction=c))
case("var", [], [randn(1)], torch.var, grad=False)
for p in [1, 2, 3, inf, -inf, 0, 0.5]:
    case("norm", [number(float(p)) if not math.isfinite(p) else p, 1], [r], lambda x: torch.linalg.vector_norm(x, p, 1), grad=p != 0)
case("norm", [], [torch.zeros(3, dtype=torch.float64)], lambda x: x.norm())
for t in [torch.tensor([True, False, True]), ints(0, 9, 3).to(torch.uint8), ints(-9, 9, 3)]:
    for name in ["sum", "prod", "all", "any"]:
        if not (name in ("all", "any") and t.dtype == torch.uint8):
            case(name, [], [t], getattr(torch, name), grad=False)
case("countNonzero", [], [ints(-1, 2, 9)], torch.count_nonzero, grad=False)
empty = torch.zeros(0, 3, dtype=torch.float64)
for name in ["sum", "prod", "mean", "all", "any", "var"]:
    case(name, [], [empty], getattr(torch, name), grad=False)
    case(name, [0], [empty], lambda x: getattr(torch, name)(x, 0), grad=False)
case("amax", [1], [empty], lambda x: x.amax(1), grad=False)
case("logsumexp", [0], [empty], lambda x: x.logsumexp(0), grad=False)
case("softmax", [0], [empty], lambda x: x.softmax(0), grad=False)
scalar = torch.tensor(2.5, dtype=torch.float64)
for name in ["sum", "mean", "amax", "argmax", "cumsum", "softmax", "logsumexp", "sort", "argsort", "max", "flip", "unsqueeze", "squeeze"]:
    dim = [0] if name == "flip" else 0
    case(name, [dim], [scalar], lambda x: getattr(torch, name)(x, dim), grad=False)
case("cosineSimilarity", ["$1"], [randn(3, 4), randn(3, 4)], F.cosine_similarity)

# Matrix products
for s, u in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((5, 1, 2, 3), (4, 3, 2)), ((1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3))]:
    case("matmul", ["$1"], [randn(*s), randn(*u)], torch.matmul)
case("mm", ["$1"], [randn(2, 3), randn(3, 2)], torch.mm)
case("bmm", ["$1"], [randn(2, 2, 3), randn(2, 3, 2)], torch.bmm)
case("mv", ["$1"], [randn(2, 3), randn(3)], torch.mv)
case("dot", ["$1"], [randn(3), randn(3)], torch.dot)
case("outer", ["$1"], [randn(3), randn(2)], torch.outer)
case("addmm", ["$1", "$2", {"beta": 2, "alpha": 3}], [randn(2), randn(3, 4), randn(4, 2)], lambda x, y, z: torch.addmm(x, y, z, beta=2, alpha=3))
case("linear", ["$1", "$2"], [randn(2, 5, 3), randn(4, 3), randn(4)], F.linear)
case("linear", ["$1"], [randn(2, 3), randn(3)], F.linear)
case("tensordot", ["$1", 2], [randn(2, 3, 4), randn(3, 4, 5)], lambda x, y: torch.tensordot(x, y, 2))
case("tensordot", ["$1", [[0, -1], [1, 0]]], [randn(2, 3, 4), randn(4, 2, 5)], lambda x, y: torch.tensordot(x, y, ([0, -1], [1, 0])))
case("matmul", ["$1"], [ints(-5, 5, 2, 3), ints(-5, 5, 3, 2)], torch.matmul, grad=False)

# Shapes
s = randn(2, 3, 4)
for args in [[6, 4], [-1, 8], [[2, -1, 2]], [24]]:
    flat = args[0] if isinstance(args[0], list) else args
    case("reshape", args, [s], lambda x: x.reshape(flat))
case("flatten", [], [s], torch.flatten)
case("flatten", [1], [s], lambda x: x.flatten(1))
case("flatten", [0, 1], [s], lambda x: x.flatten(0, 1))
case("flatten", [], [scalar], torch.flatten)
case("unflatten", [2, [2, -1]], [s], lambda x: x.unflatten(2, (2, -1)))
case("squeeze", [], [randn(1, 2, 1)], torch.squeeze)
case("squeeze", [0], [randn(1, 2, 1)], lambda x: x.squeeze(0))
case("squeeze", [1], [randn(1, 2, 1)], lambda x: x.squeeze(1))
case("unsqueeze", [-1], [s], lambda x: x.unsqueeze(-1))
case("transpose", [0, -1], [s], lambda x: x.transpose(0, -1))
case("permute", [2, 0, 1], [s], lambda x: x.permute(2, 0, 1))
case("movedim", [0, -1], [s], lambda x: x.movedim(0, -1))
case("movedim", [[0, 2], [2, 0]], [s], lambda x: x.movedim((0, 2), (2, 0)))
case("movedim", [[2], [0]], [s], lambda x: x.movedim((2,), (0,)))
case("expand", [2, 3, 4], [randn(3, 1)], lambda x: x.expand(2, 3, 4))
case("expand", [2, -1, 4], [randn(3, 1)], lambda x: x.expand(2, -1, 4))
case("repeat", [2, 3], [randn(2)], lambda x: x.repeat(2, 3))
case("tile", [2], [randn(2, 2)], lambda x: x.tile(2))
case("repeatInterleave", [2], [randn(2, 2)], lambda x: x.repeat_interleave(2))
case("repeatInterleave", [3, 1], [randn(2, 2)], lambda x: x.repeat_interleave(3, 1))
case("split", [2, 1], [randn(2, 5)], lambda x: x.split(2, 1))
case("split", [[1, 4], 1], [randn(2, 5)], lambda x: x.split([1, 4], 1))
case("chunk", [3], [randn(7)], lambda x: x.chunk(3))
case("chunk", [5], [randn(4)], lambda x: x.chunk(5))
case("unbind", [1], [s], lambda x: x.unbind(1))
case("flip", [[0, 2]], [s], lambda x: x.flip([0, 2]))
case("roll", [1], [s], lambda x: x.roll(1))
case("roll", [[1, -2], [0, 2]], [s], lambda x: x.roll((1, -2), (0, 2)))
case("roll", [[1, 1], [0, 0]], [randn(5)], lambda x: x.roll((1, 1), (0, 0)))
for d in [0, 1, -1, 5, -5]:
    case("tril", [d], [randn(3, 4)], lambda x: x.tril(d))
    case("triu", [d], [randn(2, 3, 3)], lambda x: x.triu(d))
    case("diagonal", [d], [randn(3, 4)], lambda x: x.diagonal(d))
case("diagonal", [1, 0, 2], [s], lambda x: x.diagonal(1, 0, 2))
for d in [0, 2, -1]:
    case("diag", [d], [randn(3)], lambda x: x.diag(d))
case("diag", [1], [randn(3, 3)], lambda x: x.diag(1))
case("trace", [], [randn(3, 4)], torch.trace)
case("narrow", [1, 1, 2], [s], lambda x: x.narrow(1, 1, 2))
case("select", [1, -1], [s], lambda x: x.select(1, -1))
case("pad", [[1, 2]], [randn(2, 3)], lambda x: F.pad(x, (1, 2)))
case("pad", [[1, -1, 2, 0], {"value": 3}], [randn(2, 3)], lambda x: F.pad(x, (1, -1, 2, 0), value=3))
for mode in ["reflect", "replicate", "circular"]:
    case("pad", [[2, 1, 1, 2], {"mode": mode}], [randn(1, 2, 4, 3)], lambda x: F.pad(x, (2, 1, 1, 2), mode=mode))
case("mT", None, [s], lambda x: x.mT)
case("T", None, [randn(2, 3)], lambda x: x.T)

# Indexing
long = lambda v: torch.tensor(v, dtype=torch.int32)
i64 = lambda t: t.long()
case("indexSelect", [1, "$1"], [s, long([2, 0, 2])], lambda x, i: x.index_select(1, i64(i)))
case("gather", [1, "$1"], [randn(3, 4), long([[0, 1], [3, 3]])], lambda x, i: x.gather(1, i64(i)))
case("gather", [0, "$1"], [randn(3, 4), long([[0, 1, 2], [2, 2, 0], [1, 1, 1], [0, 0, 0]])], lambda x, i: x.gather(0, i64(i)))
case("take", ["$1"], [s, long([[0, 5], [23, 5]])], lambda x, i: x.take(i64(i)))
case("takeAlongDim", ["$1", 1], [randn(3, 4), long([[0], [1], [3]])], lambda x, i: x.take_along_dim(i64(i), 1))
case("scatter", [1, "$1", "$2"], [randn(3, 5), long([[0, 4], [2, 1]]), randn(2, 2)], lambda x, i, v: x.scatter(1, i64(i), v))
case("scatter", [0, "$1", 1.5], [randn(3, 5), long([[0, 1, 2]])], lambda x, i: x.scatter(0, i64(i), 1.5))
case("scatterAdd", [1, "$1", "$2"], [randn(3, 5), long([[0, 0, 4], [2, 2, 2]]), randn(2, 3)], lambda x, i, v: x.scatter_add(1, i64(i), v))
case("scatterReduce", [0, "$1", "$2", "amax"], [randn(3), long([0, 0, 2]), randn(3)], lambda x, i, v: x.scatter_reduce(0, i64(i), v, "amax"))
case("scatterReduce", [0, "$1", "$2", "amin"], [randn(3), long([0, 0, 2]), randn(3)], lambda x, i, v: x.scatter_reduce(0, i64(i), v, "amin"))
case("indexAdd", [1, "$1", "$2"], [randn(2, 3), long([0, 0]), randn(2, 2)], lambda x, i, v: x.index_add(1, i64(i), v))
case("indexCopy", [1, "$1", "$2"], [randn(2, 3), long([2, 0]), randn(2, 2)], lambda x, i, v: x.index_copy(1, i64(i), v))
case("embedding", ["$1"], [long([[0, 2], [2, 1]]), randn(3, 4)], lambda i, w: F.embedding(i, w))
case("embedding", ["$1", {"paddingIdx": 2}], [long([[0, 2], [2, 1]]), randn(3, 4)], lambda i, w: F.embedding(i, w, padding_idx=2))
case("oneHot", [4], [long([[0, 2], [3, 1]])], lambda i: F.one_hot(i64(i), 4), grad=False)
case("oneHot", [], [long([0, 2])], lambda i: F.one_hot(i64(i)), grad=False)
case("maskedSelect", ["$1"], [randn(2, 3), torch.tensor([[True, False, True], [False, False, True]])], lambda x, m: x.masked_select(m))
case("nonzero", [], [torch.tensor([[0.0, 2.0], [3.0, 0.0]])], torch.nonzero, grad=False)
case("sort", [0], [randn(4, 2)], lambda x: x.sort(dim=0, stable=True))
case("sort", [-1, {"descending": True}], [torch.tensor([2.0, nan, 1.0, 3.0, inf]).double()], lambda x: x.sort(-1, True), grad=False)
case("argsort", [], [ints(-9, 9, 6)], lambda x: torch.argsort(x, stable=True), grad=False)
case("topk", [2], [randn(3, 5)], lambda x: x.topk(2))
case("topk", [2, 0, {"largest": False}], [randn(3, 5)], lambda x: x.topk(2, 0, largest=False))
case("cumsum", [1], [s], lambda x: x.cumsum(1))
case("cumsum", [0], [torch.tensor([True, True, False, True])], lambda x: x.cumsum(0), grad=False)
case("diff", [], [s], torch.diff)
case("diff", [2, 1], [s], lambda x: torch.diff(x, 2, 1))
sl = lambda *v: v
g = randn(4, 5, 3)
at = [
    ([1], lambda x: x[1]),
    ([-1, 2], lambda x: x[-1, 2]),
    (["1:3"], lambda x: x[1:3]),
    ([":", "::2"], lambda x: x[:, ::2]),
    (["-2:", ":-1"], lambda x: x[-2:, :-1]),
    ([{"start": 1, "step": 2}], lambda x: x[1::2]),
    (["...", 0], lambda x: x[..., 0]),
    ([0, "...", 0], lambda x: x[0, ..., 0]),
    ([None, 1], lambda x: x[None, 1]),
    (["...", None], lambda x: x[..., None]),
    ([[0, 2, -1]], lambda x: x[[0, 2, -1]]),
    ([":", [0, 2]], lambda x: x[:, [0, 2]]),
    ([[0, 1], [2, 3]], lambda x: x[[0, 1], [2, 3]]),
    ([[0, 1], ":", [2, 0]], lambda x: x[[0, 1], :, [2, 0]]),
    ([":", [0, 1], [2, 0]], lambda x: x[:, [0, 1], [2, 0]]),
    (["1:3", 0, [1, 1]], lambda x: x[1:3, 0, [1, 1]]),
    ([[True, False, True, True]], lambda x: x[[True, False, True, True]]),
    (["5:9"], lambda x: x[5:9]),
    (["3:1"], lambda x: x[3:1]),
    (["...", [True, False, True]], lambda x: x[..., [True, False, True]]),
]
for args, fn in at:
    case("at", args, [g], fn)
case("at", ["$1", "$2"], [g, long([[0], [1]]), long([[2, 3]])], lambda x, i, j: x[i64(i), i64(j)])
case("at", ["$1"], [g, torch.rand(4, 5) > 0.5], lambda x, m: x[m])
case("at", [":", "$1"], [g, torch.rand(5, 3) > 0.5], lambda x, m: x[:, m])

# Corners: zeros that roots are taken of, NaN, infinities, integers that wrap around
flat = torch.tensor([[0.0, 0.0, 0.0], [0.0, 2.0, -1.0], [1.5, 1.5, 1.5]], dtype=torch.float64)
for p in [0.5, 1, 2, 3]:
    case("norm", [p, 1], [flat], lambda x: torch.linalg.vector_norm(x, p, 1))
case("std", [1], [flat], lambda x: x.std(1))
case("atan2", ["$1"], [torch.tensor([0.0, 0.0, 1.0]).double(), torch.tensor([0.0, 2.0, 0.0]).double()], torch.atan2)
gaps = torch.tensor([[1.0, nan, 3.0], [4.0, 2.0, 1.0], [nan, nan, 1.0]], dtype=torch.float64)
case("median", [], [gaps], torch.median, grad=False)
for dim in [0, 1]:
    case("median", [dim], [gaps], lambda x: x.median(dim), grad=False)
case("median", [1, {"keepdim": True}], [randn(2, 5)], lambda x: x.median(1, keepdim=True))
case("take", ["$1"], [randn(2, 3), long([-1, -6, 5])], lambda x, i: x.take(i64(i)))
ends = torch.tensor([inf, -inf, 3.0, -3.0, nan, 2.0], dtype=torch.float64)
by = torch.tensor([2.0, 1.0, inf, inf, 1.0, 0.0], dtype=torch.float64)
for name, fn in [("floorDivide", torch.floor_divide), ("remainder", torch.remainder), ("fmod", torch.fmod)]:
    case(name, ["$1"], [ends, by], fn, grad=False)
small = torch.tensor([17, 2, 255, 3, 0, 1], dtype=torch.uint8)
case("pow", ["$1"], [small, torch.tensor([18, 9, 3, 0, 0, 200], dtype=torch.uint8)], torch.pow, grad=False)
case("pow", ["$1"], [torch.tensor([-2, 3, -1, 1, 7, 5], dtype=torch.int32), torch.tensor([31, 25, -3, -1, -1, 0], dtype=torch.int32)], torch.pow, grad=False)
case("square", [], [torch.tensor([True, False])], torch.square, grad=False)

out = Path(__file__).parent.parent / "test" / "tensor" / "fixtures.json"
out.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(len(cases), "cases,", out.stat().st_size, "bytes")

# How NumPy prints, with other brackets around it.
prints = []


def show(a):
    a = np.asarray(a)
    body = np.array2string(a, precision=4, separator=", ", prefix="tensor(", suffix=")", threshold=1000, max_line_width=75)
    kind = {"float32": "f32", "float64": "f64", "int32": "i32", "uint8": "u8", "bool": "bool"}[a.dtype.name]
    prints.append({"dtype": kind, "shape": list(a.shape), "data": [number(v) for v in a.reshape(-1).tolist()], "text": body})


f4 = lambda v: np.array(v, dtype=np.float32)
rng = np.random.default_rng(0)
show(f4(3.5)), show(f4([1, 2, 3])), show(f4([[1.5, -2.25], [3, 1000]])), show(f4([0.1, np.nan, np.inf]))
show(f4([-np.inf, np.nan])), show(f4([1, -np.inf])), show(f4([1e-5, 1, 1e10])), show(f4([1.5e-5, 1])), show(f4([1e8, 1]))
show(f4([0.0001, 0.05])), show(f4([0.00009, 0.05])), show(f4([1, 1001])), show(f4([1, 1000.5])), show(f4([0, 0])), show(f4([-0.0, 1]))
show(f4([1e-5, np.nan, -np.inf])), show(f4([99999.99])), show(f4([0.99999])), show(f4([1e-30, 1e30])), show(np.array([1e-300, 1e100]))
show(f4(rng.standard_normal((3, 4)))), show(f4(rng.standard_normal((2, 3, 4)))), show(f4(rng.standard_normal((2, 2, 2, 2))))
show(f4(rng.standard_normal(30) * 100)), show(f4(rng.standard_normal((3, 20)))), show(rng.standard_normal((2, 12)))
show(np.arange(10, dtype=np.int32)), show(np.arange(-50, 50, dtype=np.int32)), show(np.array([[True, False], [True, True]]))
show(np.array([True, True])), show(np.array(True)), show(np.array([1, 200], dtype=np.uint8)), show(np.array(-7, dtype=np.int32))
show(np.arange(1001, dtype=np.int32)), show(np.arange(1000, dtype=np.int32)), show(np.arange(40 * 30, dtype=np.int32).reshape(40, 30))
show(np.arange(5 * 250, dtype=np.float32).reshape(5, 250)), show(np.arange(3 * 8 * 60, dtype=np.int32).reshape(3, 8, 60)), show(f4(np.arange(11 * 10 * 10).reshape(11, 10, 10) / 7))
show(np.ones((40, 40), dtype=bool)), show(f4(np.zeros((1, 1)))), show(f4([12345678])), show(f4([1.23456e20, 5]))

out = Path(__file__).parent.parent / "test" / "tensor" / "print.json"
out.write_text("[\n" + ",\n".join(json.dumps(c) for c in prints) + "\n]\n")
print(len(prints), "prints,", out.stat().st_size, "bytes")
