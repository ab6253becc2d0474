"""How vectors of layers are made: results and gradients of modules and functions of PyTorch."""

import copy

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations, rnn

F64 = torch.float64
NAMES = {torch.float64: "f64", torch.int64: "i32", torch.bool: "bool"}
SPECIAL = {float("inf"): "inf", float("-inf"): "-inf"}


def number(v):
    # Ten digits: more than any comparison looks at.
    if not isinstance(v, float):
        return v
    return "nan" if v != v else SPECIAL.get(v, float(f"{v:.10g}"))


def dump(t):
    data = [number(v) for v in t.detach().flatten().tolist()]
    return {"dtype": NAMES[t.dtype], "shape": list(t.shape), "data": data}


def dump_all(x):
    """Tensors, alone or in lists and options, for the file."""
    if isinstance(x, torch.Tensor):
        return dump(x)
    if isinstance(x, (list, tuple)):
        return [dump_all(v) for v in x]
    if isinstance(x, dict):
        return {k: dump_all(v) for k, v in x.items()}
    return number(x)


def randn(*shape):
    # Short decimals keep the files small.
    return (torch.randn(shape, dtype=F64) * 100).round() / 100


def ties(*shape):
    """Few different values, so that windows have several largest ones."""
    return torch.randint(0, 3, shape).to(F64)


def tensors(x):
    if isinstance(x, torch.Tensor):
        return [x]
    if isinstance(x, dict):
        return [t for v in x.values() for t in tensors(v)]
    return [t for v in x for t in tensors(v)] if isinstance(x, (list, tuple)) else []


def leaves(x):
    """A copy in which floats accumulate gradients."""
    if isinstance(x, torch.Tensor):
        y = x.clone()
        return y.requires_grad_() if y.dtype == F64 else y
    if isinstance(x, tuple):
        return tuple(leaves(v) for v in x)
    return [leaves(v) for v in x] if isinstance(x, list) else x


def backward(outputs):
    total = 0
    for y in outputs:
        if y.requires_grad:
            total = total + (y.flatten() * torch.arange(y.numel(), dtype=F64).cos()).sum()
    if isinstance(total, torch.Tensor):
        total.backward()


def run(fn, inputs, call, count=None):
    """Outputs, and the gradients of the first `count` inputs (all by default)."""
    own = [leaves(x) if count is None or i < count else x for i, x in enumerate(inputs)]
    outputs = tensors(fn(*own, **call))
    backward(outputs)
    grads = [t.grad for t in tensors(own[:count]) if t.dtype == F64]
    return {"outputs": dump_all(outputs), "inputGrads": [g if g is None else dump(g) for g in grads]}


WITH_INDICES = "forward_with_indices"


def forward_of(module, case):
    """What a case calls: forward, or another method, on inputs that may be packed or turned to logarithms."""

    def forward(*inputs, **call):
        if case.get("logs"):
            inputs = (inputs[0].log_softmax(-1), *inputs[1:])
        if "lengths" not in case:
            method = case.get("method", "forward")
            return getattr(module, "forward" if method == WITH_INDICES else method)(*inputs, **call)
        packed = rnn.pack_padded_sequence(
            inputs[0], case["lengths"], getattr(module, "batch_first", False), enforce_sorted=False
        )
        output, state = module(packed, *inputs[1:], **call)
        return rnn.pad_packed_sequence(output, getattr(module, "batch_first", False))[0], state

    return forward


def layer(kind, args, inputs, options=None, call=None, modes=("train",), warm=None, **more):
    """
    A layer with random weights. `args` and `options` make it, `inputs` and `call` are what its forward
    takes. It is run in each of `modes`, every time from the same state, to which training with the
    inputs in `warm` has led. `more` may have: `parametrize`, a parametrization and its options; `logs`,
    when the first input goes through log_softmax before; `lengths` of packed sequences; `method`, to be
    called instead of forward; `leaves`, how many inputs have gradients; `own`, options that have other
    names here; `returns`, the option that lets PyTorch's forward return more.
    """
    returns = {"return_indices": True} if more.get("method") == WITH_INDICES else {}
    module = getattr(nn, kind)(*args, **(options or {}), **more.get("own", {}), **returns).double()
    if kind.startswith("Lazy"):
        more["repr"] = module.extra_repr()
        # Gives the sizes.
        module(*inputs)
    if "parametrize" in more:
        name, settings = more["parametrize"]
        module = getattr(parametrizations, name)(module, **settings)
    return run_layer(kind, args, module, inputs, options, call, modes, warm, **more)


def run_layer(kind, args, module, inputs, options=None, call=None, modes=("train",), warm=None, **more):
    call = call or {}
    own_options = more.pop("own", {})
    text = more.pop("repr", None) or module.extra_repr()
    with torch.no_grad():
        for name, p in module.named_parameters():
            values = randn(*p.shape)
            if kind == "Embedding" and module.padding_idx is not None:
                values[module.padding_idx] = 0
            if more.get("parametrize", [""])[0] == "orthogonal" and p.ndim > 1:
                # Signs, as they are at the start.
                values.diagonal(dim1=-2, dim2=-1).sign_()
            p.copy_(values)
        for name, b in module.named_buffers():
            if name.endswith(("._u", "._v", ".base")):
                # As many digits as the file has.
                b.copy_((b * 1000).round() / 1000)

    def dumped(named):
        # What a pool is given instead of drawn numbers is a buffer in PyTorch.
        return {n: dump(t) for n, t in named if n != "_random_samples"}

    case = {
        "kind": kind, "args": dump_all(args), "options": dump_all({**(options or {}), **own_options}),
        "call": dump_all(call), "state": dumped(module.state_dict().items()), "inputs": dump_all(inputs),
        "warm": dump_all(warm or []), "modes": {}, "repr": text, **dump_all(more),
    }  # fmt: skip
    for x in warm or []:
        module(*x)
    for mode in modes:
        one = copy.deepcopy(module).train(mode == "train")
        result = run(forward_of(one, more), inputs, call, more.get("leaves"))
        result["grads"] = {n: None if p.grad is None else dump(p.grad) for n, p in one.named_parameters()}
        result["buffers"] = dumped(one.named_buffers())
        case["modes"][mode] = result
    return case


def function(name, inputs, options):
    result = run(getattr(functional, name), inputs, options)
    return {"name": name, "inputs": dump_all(inputs), "options": dump_all(options), **result}


def causal(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)
