"""The net of this example in PyTorch; `npm run example -- cnn --torch PYTHON` runs it."""

import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(Path(__file__).resolve().parents[1] / "shared"))
from twin import batches, read_input, report, show_epoch


class Cnn(nn.Module):
    def __init__(self, settings):
        super().__init__()
        first, second = settings.channels
        self.conv1 = nn.Conv2d(1, first, 3, padding=1)
        self.conv2 = nn.Conv2d(first, second, 3, padding=1)
        self.fc1 = nn.Linear(7 * 7 * second, settings.hidden)
        self.fc2 = nn.Linear(settings.hidden, 10)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x).relu(), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2)
        x = self.fc1(self.dropout(x.flatten(1))).relu()
        return self.fc2(self.dropout(x))


data, settings = read_input()


def normalized(pixels):
    return (pixels.float() / 255 - settings.mean) / settings.std


images, labels = normalized(data.train_images), data.train_labels.long()
net = Cnn(settings)
optimizer = torch.optim.AdamW(net.parameters(), lr=settings.maxLr, weight_decay=settings.weightDecay)
steps = -(-len(images) // settings.batchSize)
scheduler = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, settings.maxLr, epochs=settings.epochs, steps_per_epoch=steps, cycle_momentum=False
)

start = time.perf_counter()
for epoch in range(1, settings.epochs + 1):
    total = 0.0
    for batch in batches(len(images), settings.batchSize):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    show_epoch(epoch, settings.epochs, total / steps)
seconds = time.perf_counter() - start

net.eval()
with torch.no_grad():
    predicted = torch.cat([net(part).argmax(1) for part in normalized(data.test_images).split(500)])
accuracy = (predicted == data.test_labels).double().mean().item()
report({"accuracy": 100 * accuracy}, seconds)
