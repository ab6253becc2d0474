"""The net of this example in PyTorch; `npm run example -- births --torch PYTHON` runs it."""

import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(Path(__file__).resolve().parents[1] / "shared"))
from twin import load_weights, read_input, report, show_epoch

data, settings = read_input()
x, y = data.train_x, data.train_y
first, second = settings.hidden
net = nn.Sequential(
    nn.Linear(x.shape[1], first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 1)
)
load_weights(net, data, "weights.")
optimizer = torch.optim.AdamW(net.parameters(), lr=settings.maxLr, weight_decay=settings.weightDecay)
steps = -(-len(x) // settings.batchSize)
scheduler = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, settings.maxLr, epochs=settings.epochs, steps_per_epoch=steps, cycle_momentum=False
)

start = time.perf_counter()
for epoch in range(1, settings.epochs + 1):
    total = 0.0
    for batch in data.orders[epoch - 1].long().split(settings.batchSize):
        optimizer.zero_grad()
        loss = F.l1_loss(net(x[batch]).squeeze(1), y[batch])
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    show_epoch(epoch, settings.epochs, total / steps)
seconds = time.perf_counter() - start

with torch.no_grad():
    forecasts = net(data.test_x).squeeze(1) * settings.std + settings.mean
births = data.test_births
mae = (forecasts - births).abs().mean().item()
report({"mae": mae, "relative": 100 * mae / births.mean().item()}, seconds)
