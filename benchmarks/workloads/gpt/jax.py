from jax_peer import adam, arrays_of, cross_entropy, training
from loading import load


def prepare(given):
    net = load("nets/gpt/jax.py")
    arrays = arrays_of(given)
    data, target = arrays.pop("data"), arrays.pop("target")
    return training(
        net.weights(arrays),
        adam(given.settings.lr, weight_decay=given.settings.weightDecay),
        lambda params, x, y: cross_entropy(net.forward(params, x), y),
        list(zip(data, target)),
    )
