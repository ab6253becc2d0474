"""The nets of this example in PyTorch; `npm run example -- spam --torch PYTHON` runs them."""

import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(Path(__file__).resolve().parents[1] / "shared"))
from twin import load_weights, read_input, report, show_epoch

RECURRENT = {"lstm": nn.LSTM, "gru": nn.GRU}


class Classifier(nn.Module):
    def __init__(self, cell, settings):
        super().__init__()
        self.embedding = nn.Embedding(settings.vocabSize, settings.embedding, padding_idx=0)
        self.rnn = RECURRENT[cell](settings.embedding, settings.hidden, batch_first=True)
        self.fc = nn.Linear(settings.hidden, 2)

    def forward(self, tokens, lengths):
        outputs, _ = self.rnn(self.embedding(tokens))
        inside = (torch.arange(tokens.shape[1]) < lengths[:, None]).float()[:, :, None]
        mean = (outputs * inside).sum(1) / lengths[:, None].float()
        return self.fc(mean)


def train(net, tokens, lengths, labels, orders, settings):
    optimizer = torch.optim.Adam(net.parameters(), lr=settings.maxLr)
    steps = -(-len(tokens) // settings.batchSize)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.maxLr, epochs=settings.epochs, steps_per_epoch=steps, cycle_momentum=False
    )
    for epoch in range(1, settings.epochs + 1):
        total = 0.0
        for batch in orders[epoch - 1].split(settings.batchSize):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(tokens[batch], lengths[batch]), labels[batch])
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1)
            optimizer.step()
            scheduler.step()
            total += loss.item()
        show_epoch(epoch, settings.epochs, total / steps)


def test(net, tokens, lengths, labels):
    """Share of right answers, and F1 of the class spam."""
    net.eval()
    with torch.no_grad():
        parts = zip(tokens.split(250), lengths.split(250))
        predicted = torch.cat([net(*part).argmax(1) for part in parts])
    accuracy = (predicted == labels).double().mean().item()
    hits = ((predicted == 1) & (labels == 1)).sum().item()
    return accuracy, 2 * hits / ((predicted == 1).sum() + (labels == 1).sum()).item()


data, settings = read_input()
figures, seconds = {}, 0.0
for cell in settings.cells:
    net = Classifier(cell, settings)
    load_weights(net, data, f"{cell}.")
    start = time.perf_counter()
    labels, orders = data.train_labels.long(), data.orders.long()
    train(net, data.train_tokens, data.train_lengths, labels, orders, settings)
    seconds += time.perf_counter() - start
    accuracy, f1 = test(net, data.test_tokens, data.test_lengths, data.test_labels)
    figures |= {f"{cell}Accuracy": 100 * accuracy, f"{cell}F1": 100 * f1}
report(figures, seconds)
