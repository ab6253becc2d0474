import torch
import torch.nn.functional as F
from loading import load
from torch_peer import load_weights, tensors, training


def prepare(given):
    net = load_weights(load("nets/gpt/torch.py").Net(), given)
    arrays = tensors(given)
    options = {"lr": given.settings.lr, "weight_decay": given.settings.weightDecay}
    return training(
        given,
        net,
        torch.optim.AdamW(net.parameters(), **options, fused=True),
        lambda net, x, y: F.cross_entropy(net(x).flatten(0, 1), y.flatten()),
        list(zip(arrays["data"], arrays["target"])),
    )
