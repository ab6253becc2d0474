from functools import partial

import jax.numpy as jnp
from jax_peer import arrays_of, operator
from loading import load


def prepare(given):
    net = load(f"nets/{given.settings.net}/jax.py")
    arrays = arrays_of(given)
    if given.settings.net == "gpt":
        generate = partial(net.generate, count=given.settings.tokens)
        return operator(
            lambda params, first: [generate(params, first)], [net.weights(arrays), jnp.int32(0)]
        )
    data = arrays.pop("data").transpose(0, 2, 3, 1)
    return operator(
        lambda params, x: [net.forward(params, x, training=False)], [net.weights(arrays), data]
    )
