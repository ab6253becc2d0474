from functools import partial

from jax_peer import adam, arrays_of, cross_entropy, sgd, training
from loading import load


def prepare(given):
    net = load(f"nets/{given.settings.net}/jax.py")
    arrays = arrays_of(given)
    data = arrays.pop("data").transpose(0, 1, 3, 4, 2)
    target = arrays.pop("target")
    lr = given.settings.lr
    if given.settings.net == "lenet":
        forward, optimizer = net.forward, adam(lr)
    else:
        forward, optimizer = partial(net.forward, training=True), sgd(lr, momentum=0.9)
    return training(
        net.weights(arrays),
        optimizer,
        lambda params, x, y: cross_entropy(forward(params, x), y),
        list(zip(data, target)),
    )
