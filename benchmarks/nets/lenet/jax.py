import jax
import jax.numpy as jnp
from jax import lax
from jax_peer import conv, conv_weights


def weights(arrays):
    """Convolutions as (height, width, inputs, outputs), and `fc1` for features in the order of NHWC."""
    params = conv_weights(arrays)
    fc1 = params["fc1.weight"].reshape(120, 16, 5, 5)
    params["fc1.weight"] = fc1.transpose(0, 2, 3, 1).reshape(120, 400)
    return {name: w.T if name.startswith("fc") else w for name, w in params.items()}


def pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def forward(params, x):
    """x: (N, 28, 28, 1)"""
    relu = jax.nn.relu
    x = pool(relu(conv(x, params["conv1.weight"], padding=2) + params["conv1.bias"]))
    x = pool(relu(conv(x, params["conv2.weight"], padding=0) + params["conv2.bias"]))
    x = x.reshape(x.shape[0], -1)
    x = relu(x @ params["fc1.weight"] + params["fc1.bias"])
    x = relu(x @ params["fc2.weight"] + params["fc2.bias"])
    return x @ params["fc3.weight"] + params["fc3.bias"]
