"""Writes test/amp/vectors.json.gz: what PyTorch does in mixed precision.

    python3 -m venv out/venv && out/venv/bin/pip install torch==2.13.0 numpy
    out/venv/bin/python tools/fixtures-amp.py            writes the file
    out/venv/bin/python tools/fixtures-amp.py --check    computes it anew and compares

The dtypes are those of CUDA's autocast. Fake tensors know them, so no such device is needed.
"""

import gzip
import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch._subclasses.fake_tensor import FakeTensorMode

NAMES = {
    torch.float16: "f16",
    torch.bfloat16: "bf16",
    torch.float32: "f32",
    torch.float64: "f64",
    torch.int64: "int",
    torch.bool: "bool",
}

LABELS = dict(dtype=torch.long)


def softmax_loss(x, **options):
    target = torch.zeros(4, device="cuda", **LABELS)
    return F.cross_entropy(x, target, **options)


def batched(x):
    return x.unsqueeze(0).unsqueeze(0)


# Functions of one tensor (4, 4) of positive numbers below 1.
ONE = {
    "neg": lambda x: -x,
    "abs": torch.abs,
    "sign": torch.sign,
    "floor": torch.floor,
    "round": torch.round,
    "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt,
    "reciprocal": torch.reciprocal,
    "square": torch.square,
    "exp": torch.exp,
    "exp2": torch.exp2,
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "log2": torch.log2,
    "log10": torch.log10,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.atan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "erf": torch.erf,
    "erfc": torch.erfc,
    "erfinv": torch.erfinv,
    "asinh": torch.asinh,
    "relu": torch.relu,
    "gelu": F.gelu,
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "logsigmoid": F.logsigmoid,
    "softplus": F.softplus,
    "mish": F.mish,
    "elu": F.elu,
    "softsign": F.softsign,
    "hardswish": F.hardswish,
    "leakyRelu": F.leaky_relu,
    "softmax": lambda x: F.softmax(x, -1),
    "softmin": lambda x: F.softmin(x, -1),
    "logSoftmax": lambda x: F.log_softmax(x, -1),
    "glu": lambda x: F.glu(x, -1),
    "pow2": lambda x: x**2,
    "pow3": lambda x: x**3,
    "powHalf": lambda x: x**0.5,
    "pow": lambda x: x**1.7,
    "powOf": lambda x: 2**x,
    "powBoth": lambda x: torch.pow(x, x),
    "mulScalar": lambda x: x * 2.5,
    "divScalar": lambda x: x / 2.5,
    "clamp": lambda x: x.clamp(0, 0.5),
    "sum": lambda x: x.sum(),
    "sumDim": lambda x: x.sum(1),
    "sumDType": lambda x: x.sum(dtype=torch.float16),
    "prod": lambda x: x.prod(),
    "mean": lambda x: x.mean(),
    "var": lambda x: x.var(),
    "std": lambda x: x.std(),
    "amax": lambda x: x.amax(1),
    "argmax": lambda x: x.argmax(1),
    "norm": lambda x: x.norm(),
    "norm1": lambda x: x.norm(1, dim=1),
    "vectorNorm": lambda x: torch.linalg.vector_norm(x),
    "matrixNorm": lambda x: torch.linalg.matrix_norm(x),
    "normalize": lambda x: F.normalize(x),
    "logsumexp": lambda x: x.logsumexp(1),
    "cumsum": lambda x: x.cumsum(1),
    "cumprod": lambda x: x.cumprod(1),
    "sort": lambda x: x.sort(1)[0],
    "layerNorm": lambda x: F.layer_norm(x, [4]),
    "rmsNorm": lambda x: F.rms_norm(x, [4]),
    "groupNorm": lambda x: F.group_norm(x, 2),
    "batchNorm": lambda x: F.batch_norm(x, None, None, training=True),
    "dropout": lambda x: F.dropout(x, 0.5),
    "maxPool": lambda x: F.max_pool2d(batched(x), 2),
    "avgPool": lambda x: F.avg_pool2d(batched(x), 2),
    "interpolate": lambda x: F.interpolate(batched(x), scale_factor=2),
    "bilinearUp": lambda x: F.interpolate(batched(x), scale_factor=2, mode="bilinear"),
    "pdist": lambda x: torch.pdist(x),
    "renorm": lambda x: torch.renorm(x, 2, 0, 1.0),
    "crossEntropy": softmax_loss,
    "nllLoss": lambda x: F.nll_loss(x, torch.zeros(4, device="cuda", **LABELS)),
    "multiMargin": lambda x: F.multi_margin_loss(x, torch.zeros(4, device="cuda", **LABELS)),
    "multilabelMargin": lambda x: F.multilabel_margin_loss(
        x, torch.zeros(4, 4, device="cuda", **LABELS)
    ),
    "transpose": lambda x: x.t(),
    "to": lambda x: x.to(torch.float32),
}

def gates(y, count):
    """The weights and biases of a recurrent cell."""
    weight = torch.cat([y] * count)
    return weight, weight, weight.select(1, 0), weight.select(1, 0)


# Functions of two tensors (4, 4).
TWO = {
    "add": torch.add,
    "mul": torch.mul,
    "div": torch.div,
    "maximum": torch.maximum,
    "atan2": torch.atan2,
    "powTensor": torch.pow,
    "lt": torch.lt,
    "where": lambda x, y: torch.where(x > 0, x, y),
    "cat": lambda x, y: torch.cat([x, y]),
    "stack": lambda x, y: torch.stack([x, y]),
    "matmul": torch.matmul,
    "mm": torch.mm,
    "mv": lambda x, y: torch.mv(x, y.select(0, 0)),
    "bmm": lambda x, y: torch.bmm(x.unsqueeze(0), y.unsqueeze(0)),
    "dot": lambda x, y: torch.dot(x.flatten(), y.flatten()),
    "addmm": lambda x, y: torch.addmm(x, x, y),
    "addmv": lambda x, y: torch.addmv(x.select(0, 0), x, y.select(0, 0)),
    "addr": lambda x, y: torch.addr(x, x.select(0, 0), y.select(0, 0)),
    "addbmm": lambda x, y: torch.addbmm(x, x.unsqueeze(0), y.unsqueeze(0)),
    "baddbmm": lambda x, y: torch.baddbmm(x, x.unsqueeze(0), y.unsqueeze(0)),
    "outer": lambda x, y: torch.outer(x.select(0, 0), y.select(0, 0)),
    "tensordot": lambda x, y: torch.tensordot(x, y, 1),
    "einsum": lambda x, y: torch.einsum("ij,jk->ik", x, y),
    "multiDot": lambda x, y: torch.linalg.multi_dot([x, y]),
    "vecdot": lambda x, y: torch.linalg.vecdot(x, y),
    "linear": lambda x, y: F.linear(x, y),
    "linearBias": lambda x, y: F.linear(x, y, y.select(0, 0)),
    "conv1d": lambda x, y: F.conv1d(x.unsqueeze(0), y.reshape(4, 4, 1)),
    "convTranspose1d": lambda x, y: F.conv_transpose1d(x.unsqueeze(0), y.unsqueeze(2)),
    "prelu": lambda x, y: F.prelu(x, y.select(0, 0)),
    "attention": lambda x, y: F.scaled_dot_product_attention(x.unsqueeze(0), y.unsqueeze(0), y.unsqueeze(0)),
    "addcmul": lambda x, y: torch.addcmul(x, x, y),
    "addcdiv": lambda x, y: torch.addcdiv(x, x, y),
    "cross": lambda x, y: torch.cross(x.narrow(1, 0, 3), y.narrow(1, 0, 3), dim=1),
    "bilinear": lambda x, y: F.bilinear(x, y, y.unsqueeze(0)),
    "gridSample": lambda x, y: F.grid_sample(
        batched(x), y.reshape(1, 2, 4, 2), align_corners=False
    ),
    "scatterAdd": lambda x, y: x.scatter_add(
        0, torch.zeros(4, 4, device="cuda", **LABELS), y
    ),
    "indexPut": lambda x, y: x.index_put((torch.zeros(1, device="cuda", **LABELS),), y.select(0, 0)),
    "dist": torch.dist,
    "cdist": torch.cdist,
    "cosineSimilarity": F.cosine_similarity,
    "pairwiseDistance": F.pairwise_distance,
    "mseLoss": F.mse_loss,
    "l1Loss": F.l1_loss,
    "smoothL1Loss": F.smooth_l1_loss,
    "huberLoss": F.huber_loss,
    "bceWithLogits": F.binary_cross_entropy_with_logits,
    "klDiv": lambda x, y: F.kl_div(x, y, reduction="sum"),
    "poissonNll": F.poisson_nll_loss,
    "softMargin": F.soft_margin_loss,
    "hingeEmbedding": F.hinge_embedding_loss,
    "multilabelSoftMargin": F.multilabel_soft_margin_loss,
    "marginRanking": lambda x, y: F.margin_ranking_loss(x, y, y),
    "cosineEmbedding": lambda x, y: F.cosine_embedding_loss(x, y, y.select(0, 0)),
    "tripletMargin": lambda x, y: F.triplet_margin_loss(x, y, y),
    "lstmCell": lambda x, y: torch.lstm_cell(x, (x, x), *gates(y, 4))[0],
    "gruCell": lambda x, y: torch.gru_cell(x, x, *gates(y, 3)),
    "rnnCell": lambda x, y: torch.rnn_tanh_cell(x, x, *gates(y, 1)),
}


def result(f, *arguments):
    try:
        return NAMES[f(*arguments).dtype]
    except (AssertionError, RuntimeError) as error:
        # The device is not there, which autocast and its rules do not need, but some functions do.
        if "not linked" in str(error) or "not compiled" in str(error):
            return None
        raise


def dtypes(half):
    """Result dtypes by function: of f32, of halves, and of a half with an f32."""
    table = {}
    torch.set_autocast_enabled("cuda", True)
    torch.set_autocast_dtype("cuda", half)
    with FakeTensorMode():

        def fresh(dtype):
            return torch.empty(4, 4, device="cuda", dtype=dtype)

        for name, f in ONE.items():
            table[name] = [result(f, fresh(torch.float32)), result(f, fresh(half))]
        for name, f in TWO.items():
            pairs = [(torch.float32,) * 2, (half,) * 2, (half, torch.float32), (torch.float32, half)]
            table[name] = [result(f, fresh(a), fresh(b)) for a, b in pairs]
    torch.set_autocast_enabled("cuda", False)
    return table


def flat(x):
    return [float(v) for v in x.detach().float().flatten()]


OPTIMIZERS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.05),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.05, amsgrad=True),
    "NAdam": lambda p: torch.optim.NAdam(p, lr=0.05),
    "RAdam": lambda p: torch.optim.RAdam(p, lr=0.05),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5),
    "Rprop": lambda p: torch.optim.Rprop(p, lr=0.01),
    "ASGD": lambda p: torch.optim.ASGD(p, lr=0.05),
    "Adagrad": lambda p: torch.optim.Adagrad(p, lr=0.1),
    "Adadelta": lambda p: torch.optim.Adadelta(p),
    "Adamax": lambda p: torch.optim.Adamax(p, lr=0.05),
}

STEPS = 50


def trajectory(make, start, scaling, bad, clip, factor=1.0):
    """50 steps of a regression; in the steps in `bad` one element of a gradient is infinite or NaN."""
    w, b = (torch.tensor(v).requires_grad_() for v in start)
    optimizer = make([w, b])
    scaler = torch.amp.GradScaler("cpu", **scaling)
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    y = torch.linspace(2, -2, 8).reshape(4, 2).sin()
    scales, weights = [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = ((x @ w + b).tanh() - y).square().mean() * factor
        scaler.scale(loss).backward()
        if step in bad:
            b.grad[0] = float("inf") if step % 2 == 0 else float("nan")
        if clip:
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_([w, b], 0.1)
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
        weights.append(flat(w) + flat(b))
    return {"scales": scales, "weights": weights, "tracker": scaler.state_dict()["_growth_tracker"]}


def trajectories():
    start = [[[0.1, -0.2], [0.3, 0.4], [-0.5, 0.6]], [0.05, -0.05]]
    forced = dict(init_scale=2.0**16, growth_interval=4)
    # The loss times the scale overflows f32 until the scale has come down.
    natural = dict(init_scale=2.0**127, growth_factor=3.0, backoff_factor=0.25, growth_interval=3)
    bad = [0, 1, 7, 20, 21, 22, 38]
    cases = []
    for name, make in OPTIMIZERS.items():
        cases.append(
            dict(
                optimizer=name,
                scaler=dict(initScale=2.0**16, growthInterval=4),
                bad=bad,
                clip=False,
                **trajectory(make, start, forced, bad, False),
            )
        )
    cases.append(
        dict(
            optimizer="Adam",
            scaler=dict(initScale=2.0**127, growthFactor=3, backoffFactor=0.25, growthInterval=3),
            bad=[],
            clip=True,
            factor=1000,
            **trajectory(OPTIMIZERS["Adam"], start, natural, [], True, 1000.0),
        )
    )
    return cases


def network(half):
    """Loss, output and gradients of a small net under autocast on the CPU."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(64, 8),
        torch.nn.Tanh(),
        torch.nn.Linear(8, 3),
    )
    x = torch.rand(5, 1, 4, 4)
    target = torch.tensor([0, 1, 2, 1, 0])
    with torch.autocast("cpu", dtype=half):
        output = net(x)
        loss = F.cross_entropy(output.float(), target)
    loss.backward()
    return {
        "parameters": {name: flat(p) for name, p in net.named_parameters()},
        "input": flat(x),
        "output": flat(output),
        "loss": loss.item(),
        "gradients": {name: flat(p.grad) for name, p in net.named_parameters()},
    }


halves = {"f16": torch.float16, "bf16": torch.bfloat16}
vectors = {
    "dtypes": {name: dtypes(half) for name, half in halves.items()},
    "trajectories": trajectories(),
    "networks": {name: network(half) for name, half in halves.items()},
}
FILE = Path(__file__).parent.parent / "test" / "amp" / "vectors.json.gz"


def same(a, b):
    """Whether two trees are equal but for rounding."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-2, abs_tol=1e-3)
    return a == b


text = json.dumps(vectors, separators=(",", ":"))
if sys.argv[1:] == ["--check"]:
    own = json.loads(gzip.decompress(FILE.read_bytes()))
    made = json.loads(text)
    differing = [name for name in made if not same(own.get(name), made[name])]
    print(f"{FILE.name}: " + (f"{', '.join(differing)} differ" if differing else "is as PyTorch makes it"))
    sys.exit(1 if differing else 0)
# Without a time in its header, so that the same vectors make the same file.
FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
