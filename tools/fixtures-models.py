"""Writes test/models/fixtures.json: losses of PyTorch's first training steps of the models in src/models.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch==2.13.0 numpy
    /tmp/venv/bin/python tools/fixtures-models.py

Weights and data are computed from their names, here and in test/models/values.ts alike, so that the file
holds no more than losses.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

path = Path(__file__).parent.parent / "test" / "models" / "fixtures.json"
torch.set_num_threads(1)


def noise(name, count):
    """Numbers in [-0.5, 0.5) that look random."""
    seed = 2166136261
    for letter in name.encode():
        seed = (seed ^ letter) * 16777619 % 2**32
    x = (np.arange(count, dtype=np.uint64) * 0x9E3779B9 + seed) % 2**32
    for shift, factor in [(16, 0x7FEB352D), (15, 0x846CA68B)]:
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor) % 2**32
    return (x ^ (x >> np.uint64(16))).astype(np.float64) / 2**32 - 0.5


def weight(name, shape):
    values = noise(name, math.prod(shape))
    if len(shape) > 1:
        values *= math.sqrt(24 / math.prod(shape[1:]))
    elif name.endswith("weight"):
        values = 1 + 0.2 * values
    else:
        values *= 0.2
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def data(name, *shape):
    return torch.from_numpy(noise(name, math.prod(shape)).astype(np.float32).reshape(shape))


def whole(name, below, *shape):
    return ((data(name, *shape).double() + 0.5) * below).floor().long()


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))


def conv(a, b, k, stride=1):
    return nn.Conv2d(a, b, k, stride=stride, padding=k // 2, bias=False)


class Block(nn.Module):
    """Basic or, with a middle of other kernels, bottleneck."""

    def __init__(self, a, planes, stride, expansion):
        super().__init__()
        self.expansion, b = expansion, planes * expansion
        kernels = [(3, stride), (3, 1)] if expansion == 1 else [(1, 1), (3, stride), (1, 1)]
        sizes = [a] + [planes] * (len(kernels) - 1) + [b]
        for i, (k, s) in enumerate(kernels):
            setattr(self, f"conv{i + 1}", conv(sizes[i], sizes[i + 1], k, s))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(sizes[i + 1]))
        self.count = len(kernels)
        self.downsample = None
        if stride != 1 or a != b:
            self.downsample = nn.Sequential(conv(a, b, 1, stride), nn.BatchNorm2d(b))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, expansion, counts, cifar, classes):
        super().__init__()
        self.cifar = cifar
        self.conv1 = conv(3, 64, 3) if cifar else conv(3, 64, 7, 2)
        self.bn1 = nn.BatchNorm2d(64)
        size = 64
        for i, count in enumerate(counts):
            blocks = []
            for k in range(count):
                blocks.append(Block(size, 64 << i, 2 if i > 0 and k == 0 else 1, expansion))
                size = (64 << i) * expansion
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(size, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if not self.cifar:
            x = F.max_pool2d(x, 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return self.fc(x.mean((2, 3)))


class GPTBlock(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.attn = nn.ModuleDict({"c_attn": nn.Linear(size, 3 * size), "c_proj": nn.Linear(size, size)})
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(size, 4 * size), "c_proj": nn.Linear(4 * size, size)})

    def forward(self, x):
        n, t, c = x.shape
        parts = self.attn.c_attn(self.ln_1(x)).chunk(3, -1)
        q, k, v = (p.view(n, t, self.heads, -1).transpose(1, 2) for p in parts)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn.c_proj(y.transpose(1, 2).reshape(n, t, c))
        return x + self.mlp.c_proj(F.gelu(self.mlp.c_fc(self.ln_2(x))))


class GPT(nn.Module):
    def __init__(self, vocab, block, layers, heads, size):
        super().__init__()
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(vocab, size), "wpe": nn.Embedding(block, size),
            "h": nn.ModuleList(GPTBlock(size, heads) for _ in range(layers)), "ln_f": nn.LayerNorm(size),
        })  # fmt: skip
        self.lm_head = nn.Linear(size, vocab, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, x):
        t = self.transformer
        x = t.wte(x) + t.wpe(torch.arange(x.shape[1]))
        for block in t.h:
            x = block(x)
        return self.lm_head(t.ln_f(x)).flatten(0, 1)


class Tagger(nn.Module):
    """An LSTM that names a class for every step."""

    def __init__(self, size, hidden, layers, classes):
        super().__init__()
        self.lstm = nn.LSTM(size, hidden, layers, batch_first=True)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.fc(self.lstm(x)[0]).flatten(0, 1)


def train(model, x, y, optimizer, settings, steps=3):
    """Losses of the first steps, and of a look at the same data afterwards, in use."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(weight(name, tuple(p.shape)))
    step = getattr(torch.optim, optimizer)(model.parameters(), **settings)
    losses = []
    for _ in range(steps):
        step.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        step.step()
        losses.append(loss.item())
    with torch.no_grad():
        after = F.cross_entropy(model.eval()(x), y).item()
    return {"optimizer": optimizer, "settings": settings, "losses": losses, "after": after}


sgd = {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}
slow = {**sgd, "lr": 0.001}
result = {
    "source": f"PyTorch {torch.__version__.split('+')[0]}",
    "lenet5": train(LeNet5(), data("x", 8, 1, 28, 28), whole("y", 10, 8), "SGD", sgd),
    "resnet18": train(
        ResNet(1, [2, 2, 2, 2], True, 10), data("x", 4, 3, 32, 32), whole("y", 10, 4), "SGD", slow
    ),
    "bottlenecks": train(
        ResNet(4, [1, 1, 1, 1], False, 7), data("x", 4, 3, 64, 64), whole("y", 7, 4), "SGD", slow
    ),
    "gpt": train(
        GPT(17, 16, 3, 4, 32), whole("x", 17, 4, 16), whole("y", 17, 64), "AdamW", {"lr": 0.003}
    ),
    "lstm": train(
        Tagger(12, 24, 2, 5), data("x", 3, 20, 12), whole("y", 5, 60), "Adam", {"lr": 0.01}
    ),
}
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(result, indent=2) + "\n")
print(path.read_text())
