"""The net of this example in PyTorch; `npm run example -- moby-dick --torch PYTHON` runs it."""

import math
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(Path(__file__).resolve().parents[1] / "shared"))
from twin import batches, read_input, report, show_epoch


class Block(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.attn, self.attn_proj = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.fc, self.fc_proj = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)

    def forward(self, x):
        parts = self.attn(self.ln_1(x)).unflatten(-1, (3, self.heads, -1)).unbind(-3)
        queries, keys, values = (part.transpose(1, 2) for part in parts)
        y = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        x = x + self.attn_proj(y.transpose(1, 2).flatten(2))
        return x + self.fc_proj(F.gelu(self.fc(self.ln_2(x))))


class GPT(nn.Module):
    def __init__(self, settings):
        super().__init__()
        size = settings.nEmbd
        self.wte = nn.Embedding(settings.vocabSize, size)
        self.wpe = nn.Embedding(settings.blockSize, size)
        self.blocks = nn.ModuleList([Block(size, settings.nHead) for _ in range(settings.nLayer)])
        self.ln_f = nn.LayerNorm(size)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, 0, 0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
        for block in self.blocks:
            for layer in (block.attn_proj, block.fc_proj):
                nn.init.normal_(layer.weight, 0, 0.02 / math.sqrt(2 * settings.nLayer))

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return F.linear(self.ln_f(x), self.wte.weight)


def predict(net, windows):
    """Scores of what follows on each character but the last, and what does."""
    windows = windows.long()
    return net(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten()


data, settings = read_input()
windows = data.train_windows
net = GPT(settings)
optimizer = torch.optim.AdamW(
    net.parameters(), lr=settings.maxLr, betas=settings.betas, weight_decay=settings.weightDecay
)
steps = -(-len(windows) // settings.batchSize)
scheduler = torch.optim.lr_scheduler.OneCycleLR(
    optimizer,
    settings.maxLr,
    epochs=settings.epochs,
    steps_per_epoch=steps,
    pct_start=0.1,
    cycle_momentum=False,
)

start = time.perf_counter()
for epoch in range(1, settings.epochs + 1):
    total = 0.0
    for batch in batches(len(windows), settings.batchSize):
        optimizer.zero_grad()
        loss = F.cross_entropy(*predict(net, windows[batch]))
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1)
        optimizer.step()
        scheduler.step()
        total += loss.item()
    show_epoch(epoch, settings.epochs, total / steps)
seconds = time.perf_counter() - start

net.eval()
loss, right, characters = 0.0, 0, 0
with torch.no_grad():
    for part in data.test_windows.split(64):
        scores, following = predict(net, part)
        loss += F.cross_entropy(scores, following, reduction="sum").item()
        right += (scores.argmax(1) == following).sum().item()
        characters += len(following)
loss /= characters
report({"loss": loss, "bits": loss / math.log(2), "accuracy": 100 * right / characters}, seconds)
