"""Writes test/nn/fixtures.json: PyTorch's numbers.

    python3 -m venv out/venv && out/venv/bin/pip install torch==2.13.0 numpy
    out/venv/bin/python tools/fixtures-nn.py
"""

import json
from pathlib import Path

import torch
from torch import nn

root = Path(__file__).parent.parent / "test"
torch.manual_seed(0)
F64 = torch.float64


def numbers(t):
    return t.detach().double().flatten().tolist()


def randn(*shape):
    # Short decimals keep the files small, and every dtype holds them alike.
    return (torch.randn(*shape, dtype=F64) * 100).round() / 100


# --- losses -----------------------------------------------------------------------------------------


def loss_case(kind, options, shape, target, target_kind):
    x = randn(*shape).requires_grad_()
    weights = {"weight", "pos_weight"}
    kwargs = {k: torch.tensor(v, dtype=F64) if k in weights else v for k, v in options.items()}
    loss = getattr(nn, kind)(**kwargs)(x, target)
    loss.sum().backward()
    return {
        "kind": kind,
        "options": options,
        "shape": list(shape),
        "input": numbers(x),
        "target": numbers(target),
        "targetShape": list(target.shape),
        "targetKind": target_kind,
        "value": numbers(loss),
        "valueShape": list(loss.shape),
        "grad": numbers(x.grad),
    }


def losses():
    out = []
    w = [0.5, 1.0, 2.0, 0.25]
    labels = torch.tensor([0, 3, 1, 2, 3])
    some_ignored = torch.tensor([0, -100, 1, 2, 3])
    for reduction in ["mean", "sum", "none"]:
        for options in [
            {},
            {"weight": w},
            {"label_smoothing": 0.1},
            {"weight": w, "label_smoothing": 0.3},
        ]:
            o = {**options, "reduction": reduction}
            out.append(loss_case("CrossEntropyLoss", o, (5, 4), labels, "indices"))
            out.append(loss_case("CrossEntropyLoss", o, (5, 4), some_ignored, "indices"))
            probabilities = (torch.softmax(randn(5, 4), 1) * 1000).round() / 1000
            out.append(loss_case("CrossEntropyLoss", o, (5, 4), probabilities, "probabilities"))
        o = {"ignore_index": 3, "weight": w, "label_smoothing": 0.2, "reduction": reduction}
        out.append(loss_case("CrossEntropyLoss", o, (5, 4), labels, "indices"))
        images = torch.randint(0, 3, (2, 2, 3))
        o = {"reduction": reduction, "weight": w[:3], "label_smoothing": 0.1}
        out.append(loss_case("CrossEntropyLoss", o, (2, 3, 2, 3), images, "indices"))
        probabilities = (torch.softmax(randn(2, 3, 2), 1) * 1000).round() / 1000
        out.append(loss_case("CrossEntropyLoss", o, (2, 3, 2), probabilities, "probabilities"))
        o = {"reduction": reduction}
        out.append(loss_case("CrossEntropyLoss", o, (4,), torch.tensor(2), "indices"))
        for options in [{}, {"weight": w}, {"weight": w, "ignore_index": 3}]:
            o = {**options, "reduction": reduction}
            out.append(loss_case("NLLLoss", o, (5, 4), labels, "indices"))
        o = {"reduction": reduction}
        out.append(loss_case("MSELoss", o, (3, 2), randn(3, 2), "values"))
        out.append(loss_case("L1Loss", o, (3, 2), randn(3, 2), "values"))
        out.append(loss_case("SmoothL1Loss", {**o, "beta": 0.5}, (3, 2), randn(3, 2), "values"))
        out.append(loss_case("HuberLoss", {**o, "delta": 0.7}, (3, 2), randn(3, 2), "values"))
        binary = torch.tensor([[0.0, 1.0], [1.0, 0.3], [0.0, 0.9]], dtype=F64)
        out.append(loss_case("BCEWithLogitsLoss", o, (3, 2), binary, "values"))
        o = {"reduction": reduction, "weight": [0.5, 2.0], "pos_weight": [3.0, 0.5]}
        out.append(loss_case("BCEWithLogitsLoss", o, (3, 2), binary, "values"))
    return out


# --- layers -----------------------------------------------------------------------------------------


def activations():
    x = torch.tensor([-30.0, -3.0, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 3.0, 30.0], dtype=F64)
    cases = [
        ("ReLU", []), ("ReLU6", []), ("LeakyReLU", []), ("LeakyReLU", [0.2]), ("ELU", []),
        ("ELU", [0.5]), ("SELU", []), ("GELU", []), ("SiLU", []), ("Mish", []), ("Sigmoid", []),
        ("LogSigmoid", []), ("Tanh", []), ("Softplus", []), ("Softplus", [2.0, 5.0]), ("Softsign", []),
        ("Hardtanh", []), ("Hardsigmoid", []), ("Hardswish", []), ("Softmax", [0]),
        ("LogSoftmax", [0]),
    ]  # fmt: skip
    out = []
    for kind, args in cases:
        leaf = x.clone().requires_grad_()
        y = getattr(nn, kind)(*args)(leaf)
        (y * torch.arange(1, 11, dtype=F64)).sum().backward()
        out.append({"kind": kind, "args": args, "value": numbers(y), "grad": numbers(leaf.grad)})
    return {"input": numbers(x), "cases": out}


def initialisers():
    """Bounds and deviations, which do not depend on the random numbers."""
    out = []
    for shape in [(64, 256), (32, 8, 3, 3)]:
        for name, args in [
            ("xavier_uniform_", {}), ("xavier_uniform_", {"gain": 2.0}), ("xavier_normal_", {}),
            ("kaiming_uniform_", {}), ("kaiming_uniform_", {"a": 5**0.5}),
            ("kaiming_uniform_", {"mode": "fan_out", "nonlinearity": "relu"}),
            ("kaiming_normal_", {}), ("kaiming_normal_", {"nonlinearity": "tanh"}),
        ]:  # fmt: skip
            big = torch.empty(shape)
            std = torch.stack([getattr(nn.init, name)(big, **args).std() for _ in range(400)]).mean()
            out.append({"name": name, "options": args, "shape": list(shape), "std": std.item()})
    gains = {
        n: nn.init.calculate_gain(n)
        for n in ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
    }
    return {"cases": out, "gains": gains, "leaky": nn.init.calculate_gain("leaky_relu", 0.2)}


def linear():
    layer = nn.Linear(3, 2).double()
    with torch.no_grad():
        layer.weight.copy_(randn(2, 3))
        layer.bias.copy_(randn(2))
    x = randn(4, 3).requires_grad_()
    y = layer(x)
    y.square().sum().backward()
    return {
        "weight": numbers(layer.weight), "bias": numbers(layer.bias), "input": numbers(x),
        "value": numbers(y), "weightGrad": numbers(layer.weight.grad),
        "biasGrad": numbers(layer.bias.grad), "inputGrad": numbers(x.grad),
    }  # fmt: skip


def write(path, content):
    path.write_text(json.dumps(content) + "\n")
    print(path, path.stat().st_size)


source = f"PyTorch {torch.__version__.split('+')[0]}"
write(
    root / "nn" / "fixtures.json",
    {
        "source": source, "losses": losses(), "activations": activations(),
        "initialisers": initialisers(), "linear": linear(),
    },  # fmt: skip
)
