import jax
import jax.numpy as jnp
from jax import lax
from jax_peer import adam, arrays_of, cross_entropy, training

SIZE = 256


def layer(params, index, x):
    """x: (L, N, inputs). The inputs of all steps meet their weight in one product."""
    bias = params[f"lstm.bias_ih_l{index}"] + params[f"lstm.bias_hh_l{index}"]
    sums = x @ params[f"lstm.weight_ih_l{index}"] + bias
    weight = params[f"lstm.weight_hh_l{index}"]

    def step(state, given):
        h, c = state
        i, f, g, o = jnp.split(given + h @ weight, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((x.shape[1], SIZE))
    return lax.scan(step, (zeros, zeros), sums)[1]


def loss_of(params, x, y):
    x = layer(params, 1, layer(params, 0, x))
    return cross_entropy(x[-1] @ params["fc.weight"] + params["fc.bias"], y)


def prepare(given):
    arrays = arrays_of(given)
    data, target = arrays.pop("data"), arrays.pop("target")
    # Weights as (inputs, outputs).
    params = {name: array.T for name, array in arrays.items()}
    return training(params, adam(given.settings.lr), loss_of, list(zip(data, target)))
