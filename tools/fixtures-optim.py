"""Writes test/optim/vectors.json.gz: what PyTorch's optimisers and schedules do, step by step.

    python3 -m venv out/venv && out/venv/bin/pip install torch==2.13.0 numpy
    out/venv/bin/python tools/fixtures-optim.py            writes the file
    out/venv/bin/python tools/fixtures-optim.py --check    computes it anew and compares
"""

import gzip
import json
import math
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn
from torch.optim import lr_scheduler, swa_utils

from optim_cases import CASES, EPOCHS, LBFGS_CASES, METRICS, PLATEAUS, SCHEDULES, SGD, spec

FILE = Path(__file__).parent.parent / "test" / "optim" / "vectors.json.gz"
STEPS = 50
RECORDED = [1, 2, 5, 10, 25, 50]
DTYPES = {"f64": torch.float64, "f32": torch.float32}
INF = float("inf")
generator = torch.Generator().manual_seed(5)


def randn(*shape):
    # Short decimals keep the file small, and every dtype holds them alike.
    return (torch.randn(shape, dtype=torch.float64, generator=generator) * 100).round() / 100


def numbers(t, digits=13):
    return [float(f"{v:.{digits}g}") for v in t.detach().double().flatten().tolist()]


# --- optimisers that PyTorch does not have -----------------------------------------------------------


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of Chen et al. 2023, line by line."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0, maximize=False):
        options = {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, options)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = -p.grad if group["maximize"] else p.grad
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                update = (beta1 * m + (1 - beta1) * g).sign()
                self.state[p]["m"] = beta2 * m + (1 - beta2) * g
                p.sub_(group["lr"] * (update + group["weight_decay"] * p))


class LAMB(torch.optim.Optimizer):
    """Algorithm 2 of You et al. 2020, line by line, with the identity as phi."""

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.0, maximize=False
    ):
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, "maximize": maximize})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = -p.grad if group["maximize"] else p.grad
                zeros = {"t": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
                state = self.state[p] = self.state[p] or zeros
                state["t"] += 1
                state["m"] = beta1 * state["m"] + (1 - beta1) * g
                state["v"] = beta2 * state["v"] + (1 - beta2) * g * g
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                r = m / (v.sqrt() + group["eps"]) + group["weight_decay"] * p
                sizes = p.norm(), r.norm()
                ratio = (sizes[0] / sizes[1]).item() if sizes[0] > 0 and sizes[1] > 0 else 1.0
                p.sub_(group["lr"] * ratio * r)


OWN = {"Lion": Lion, "LAMB": LAMB}


@contextmanager
def whole_digits():
    """Muon's iterations in the parameter's own dtype, and not in bfloat16."""
    bfloat16 = torch.Tensor.bfloat16
    torch.Tensor.bfloat16 = torch.Tensor.clone
    try:
        yield
    finally:
        torch.Tensor.bfloat16 = bfloat16


# --- trajectories ------------------------------------------------------------------------------------

# Of the parameters, and the targets of each; the last one is a group of its own.
SHAPES = {"any": [[], [5], [3, 2], [2, 1, 3]], "matrices": [[3, 2], [4, 1], [2, 5]]}
PROBLEMS = {
    name: {
        "shapes": shapes,
        "start": [numbers(randn(*s)) for s in shapes],
        "scale": [numbers(randn(*s)) for s in shapes],
        "target": [numbers(randn(*s)) for s in shapes],
    }
    for name, shapes in SHAPES.items()
}
# Targets are this many times as large at each step, so that gradients change their signs now and then.
FACTORS = numbers(randn(STEPS))
# In these steps the second parameter takes no part.
LEFT_OUT = [8, 9, 10]


def tensors(problem, key, dtype):
    pairs = zip(problem["shapes"], problem[key])
    return [torch.tensor(v, dtype=dtype).reshape(s) for s, v in pairs]


def loss_of(params, scales, targets, step):
    loss = 0.1 * params[0].sum() * params[-1].sum()
    for i, (p, a, b) in enumerate(zip(params, scales, targets)):
        if not (i == 1 and step in LEFT_OUT):
            loss = loss + ((p * a - b * FACTORS[step - 1]).square() + 1).sqrt().sum()
    return loss


def trajectory(kind, options, second, name):
    """The values after some of the steps; the learning rates are halved after half of them."""
    dtype = DTYPES[name]
    torch.set_default_dtype(dtype)
    problem = PROBLEMS["matrices" if kind == "Muon" else "any"]
    params = [t.requires_grad_() for t in tensors(problem, "start", dtype)]
    scales, targets = tensors(problem, "scale", dtype), tensors(problem, "target", dtype)
    make = OWN.get(kind) or getattr(torch.optim, kind)
    groups = [{"params": params[:-1]}, {"params": params[-1:], **second}]
    optimizer = make(groups, **options)
    path = []
    for step in range(1, STEPS + 1):
        if step == STEPS // 2 + 1:
            for group in optimizer.param_groups:
                group["lr"] /= 2
        optimizer.zero_grad()
        loss_of(params, scales, targets, step).backward()
        optimizer.step()
        if step in RECORDED:
            path.append(numbers(torch.cat([p.flatten() for p in params]), 13 if name == "f64" else 8))
    torch.set_default_dtype(torch.float32)
    return {"kind": kind, "options": options, "second": second, "dtype": name, "path": path}


def trajectories():
    out = []
    for kind, cases in CASES.items():
        for options, second in cases:
            for name in DTYPES:
                with whole_digits():
                    out.append(trajectory(kind, options, second, name))
    rounded = [trajectory("Muon", *case, "f32") for case in CASES["Muon"]]
    return {
        "problems": PROBLEMS, "factors": FACTORS, "leftOut": LEFT_OUT, "steps": RECORDED,
        "cases": out, "muonInBfloat16": rounded,
    }  # fmt: skip


# --- L-BFGS ------------------------------------------------------------------------------------------


def lbfgs(options, name, steps):
    """On sum (1 - x)^2 + 10 sum (y - x^2)^2 with x and y of the shapes (2) and (2, 1)."""
    dtype = DTYPES[name]
    torch.set_default_dtype(dtype)
    x = torch.tensor([-0.8, 0.3], dtype=dtype, requires_grad=True)
    y = torch.tensor([[0.7], [-0.5]], dtype=dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS([x, y], **options)
    evaluations = 0

    def closure():
        nonlocal evaluations
        evaluations += 1
        optimizer.zero_grad()
        loss = (1 - x).square().sum() + 10 * (y.flatten() - x.square()).square().sum()
        loss.backward()
        return loss

    path = []
    for _ in range(steps):
        loss = optimizer.step(closure)
        values = torch.cat([loss.reshape(1), x, y.flatten()])
        path.append([evaluations, *numbers(values, 13 if name == "f64" else 8)])
    torch.set_default_dtype(torch.float32)
    return {"options": options, "dtype": name, "path": path}


def lbfgs_cases():
    # Rounding grows from step to step: in single precision PyTorch itself soon goes another way than in
    # double, and with the last of these rates at once.
    single = [lbfgs(options, "f32", 4) for options in LBFGS_CASES[:-1]]
    return [lbfgs(options, "f64", 8) for options in LBFGS_CASES] + single


# --- schedules ---------------------------------------------------------------------------------------

LAMBDAS = {
    "decay": lambda epoch: 0.95**epoch,
    "inverse": lambda epoch: 1 / (1 + 0.1 * epoch),
    "wave": lambda epoch: 1 + 0.1 * (-1) ** epoch,
    "scale": lambda x: 1 / (1 + 0.25 * x),
}
def with_lambdas(x):
    if isinstance(x, list):
        return [with_lambdas(v) for v in x]
    return LAMBDAS.get(x, x) if isinstance(x, str) else x


def make_scheduler(optimizer, s):
    children = [make_scheduler(optimizer, child) for child in s["children"]]
    args = with_lambdas(s["args"])
    if s["kind"] == "ChainedScheduler":
        return lr_scheduler.ChainedScheduler(children)
    if s["kind"] == "SequentialLR":
        return lr_scheduler.SequentialLR(optimizer, children, *args)
    kind = getattr(lr_scheduler, s["kind"], None) or getattr(swa_utils, s["kind"])
    options = {k: LAMBDAS[v] if k == "scale_fn" else v for k, v in s["options"].items()}
    return kind(optimizer, *args, **options)


def make_optimizer(o):
    groups = [{"params": [torch.zeros(1, requires_grad=True)]} for _ in range(2)]
    groups[1]["lr"] = 0.02
    return getattr(torch.optim, o["kind"])(groups, lr=0.05, **o["options"])


def state_of(optimizer):
    values = [g["lr"] for g in optimizer.param_groups]
    for g in optimizer.param_groups:
        values.append(g["betas"][0] if "betas" in g else g["momentum"])
    return [float(f"{v:.14g}") for v in values]


def schedule(o, s, arguments=None):
    optimizer = make_optimizer(o)
    scheduler = make_scheduler(optimizer, s)
    path = [state_of(optimizer)]
    for i in range(EPOCHS):
        optimizer.step()
        scheduler.step(*([] if arguments is None else [arguments[i]]))
        path.append(state_of(optimizer))
    return {"optimizer": o, "schedule": s, "arguments": arguments, "path": path}


def schedules():
    out = [schedule(o, s) for o, s in SCHEDULES]
    out += [schedule(SGD, spec("ReduceLROnPlateau", [], p), METRICS) for p in PLATEAUS]
    epochs = [i / 4 for i in range(EPOCHS)]
    for options in [{}, {"T_mult": 2}, {"T_mult": 3, "eta_min": 0.001}]:
        out.append(schedule(SGD, spec("CosineAnnealingWarmRestarts", [3], options), epochs))
    return {"cases": out}


# --- clipping and averages ---------------------------------------------------------------------------


def clipping():
    out = []
    cases = [(1.0, 2.0), (100.0, 2.0), (1.0, 1.0), (0.5, INF), (1.0, 3.5), (0.0, 2.0)]
    for max_norm, norm_type in cases:
        p, q = nn.Parameter(torch.zeros(4).double()), nn.Parameter(torch.zeros(2, 3).double())
        p.grad, q.grad = randn(4), randn(2, 3)
        before = [numbers(p.grad), numbers(q.grad)]
        total = nn.utils.clip_grad_norm_([p, q], max_norm, norm_type)
        by_norm = [numbers(p.grad), numbers(q.grad)]
        nn.utils.clip_grad_value_([p, q], 0.3)
        out.append({
            "maxNorm": max_norm, "normType": "inf" if norm_type == INF else norm_type,
            "grads": before, "total": total.item(), "byNorm": by_norm,
            "byValue": [numbers(p.grad), numbers(q.grad)],
        })  # fmt: skip
    return out


def state_dict(model):
    return {name: numbers(t) for name, t in model.state_dict().items()}


def make_net():
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).double()
    for t in net.parameters():
        t.data.copy_(randn(*t.shape))
    return net


def averages():
    """A net that is trained, and its averages after each step."""
    net = make_net()
    ema = swa_utils.get_ema_avg_fn(0.7)
    averaged = {
        "swa": swa_utils.AveragedModel(net),
        "ema": swa_utils.AveragedModel(net, avg_fn=ema),
        "swaWithBuffers": swa_utils.AveragedModel(net, use_buffers=True),
        "emaWithBuffers": swa_utils.AveragedModel(net, avg_fn=ema, use_buffers=True),
    }
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    start = state_dict(net)
    steps = []
    for _ in range(5):
        optimizer.zero_grad()
        net(randn(6, 3)).square().mean().backward()
        optimizer.step()
        for model in averaged.values():
            model.update_parameters(net)
        steps.append({"net": state_dict(net), **{k: state_dict(m) for k, m in averaged.items()}})
    batches = [randn(5, 3), randn(4, 3), randn(3, 3)]
    swa_utils.update_bn([[b, None] for b in batches], averaged["swa"])
    data = [numbers(b) for b in batches]
    return {"start": start, "steps": steps, "batches": data, "updated": state_dict(averaged["swa"])}


# --- the file ----------------------------------------------------------------------------------------


# How much another machine's rounding may change, relative and absolute.
TOLERANCES = {"f64": 1e-9, "f32": 1e-4, "muonInBfloat16": 0.05}


def differences(a, b, path="", tolerance=TOLERANCES["f64"]):
    """Where two trees differ by more than rounding."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        tolerance = max(tolerance, TOLERANCES.get(a.get("dtype"), 0))
        own = {k: max(tolerance, TOLERANCES.get(k, 0)) for k in a}
        return [d for k in a for d in differences(a[k], b[k], f"{path}.{k}", own[k])]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        pairs = enumerate(zip(a, b))
        return [d for i, (x, y) in pairs for d in differences(x, y, f"{path}[{i}]", tolerance)]
    if isinstance(a, float) and isinstance(b, float):
        close = math.isclose(a, b, rel_tol=tolerance, abs_tol=0.1 * tolerance)
        return [] if close else [f"{path}: {a} and {b}"]
    return [] if a == b else [f"{path}: {a} and {b}"]


def main():
    warnings.simplefilter("ignore")
    vectors = {
        "source": f"PyTorch {torch.__version__.split('+')[0]}",
        "names": {
            "torch.optim": [n for n in torch.optim.__all__ if n not in ("lr_scheduler", "swa_utils")],
            "torch.optim.lr_scheduler": lr_scheduler.__all__,
            "torch.optim.swa_utils": swa_utils.__all__,
            "torch.nn.utils": ["clip_grad_norm_", "clip_grad_value_", "get_total_norm",
                               "clip_grads_with_norm_"],
        },
        "trajectories": trajectories(), "lbfgs": lbfgs_cases(), "schedules": schedules(),
        "clipping": clipping(), "averages": averages(),
    }  # fmt: skip
    text = json.dumps(vectors, separators=(",", ":"))
    if sys.argv[1:] == ["--check"]:
        found = differences(json.loads(gzip.decompress(FILE.read_bytes())), json.loads(text))
        print("\n".join(found[:20]) or f"{FILE.name} is as {vectors['source']} makes it")
        sys.exit(1 if found else 0)
    # Without a time in its header, so that the same vectors make the same file.
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(FILE, len(text), FILE.stat().st_size)


main()
