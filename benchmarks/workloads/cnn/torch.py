import torch
from loading import load
from torch import nn
from torch_peer import load_weights, tensors, training


def prepare(given):
    net = load_weights(load(f"nets/{given.settings.net}/torch.py").Net(), given)
    arrays = tensors(given)
    criterion = nn.CrossEntropyLoss()
    lr = given.settings.lr
    if given.settings.net == "lenet":
        optimizer = torch.optim.Adam(net.parameters(), lr=lr, fused=True)
    else:
        optimizer = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9, fused=True)
    return training(
        given,
        net,
        optimizer,
        lambda net, x, y: criterion(net(x), y),
        list(zip(arrays["data"], arrays["target"])),
    )
