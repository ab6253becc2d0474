import jax
import jax.numpy as jnp
from jax import lax
from jax_peer import conv, conv_weights


def weights(arrays):
    """Convolutions as (height, width, inputs, outputs)."""
    params = conv_weights(arrays)
    params["fc.weight"] = params["fc.weight"].T
    return params


def batch_norm(params, name, x, training):
    """By the moments of the batch; the running ones are not updated, which saves a little."""
    if training:
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    else:
        mean, variance = params[f"{name}.running_mean"], params[f"{name}.running_var"]
    scale = lax.rsqrt(variance + 1e-5) * params[f"{name}.weight"]
    return (x - mean) * scale + params[f"{name}.bias"]


def forward(params, x, training):
    """x: (N, 32, 32, 3)"""
    relu = jax.nn.relu

    def convolve(x, conv_name, norm_name, stride, padding):
        return batch_norm(
            params, norm_name, conv(x, params[f"{conv_name}.weight"], padding, stride), training
        )

    x = relu(convolve(x, "conv1", "bn1", 1, 1))
    for stage in (1, 2, 3, 4):
        for index in (0, 1):
            name = f"layer{stage}.{index}"
            stride = 2 if stage > 1 and index == 0 else 1
            y = relu(convolve(x, f"{name}.conv1", f"{name}.bn1", stride, 1))
            y = convolve(y, f"{name}.conv2", f"{name}.bn2", 1, 1)
            if stride == 2:
                x = convolve(x, f"{name}.downsample.0", f"{name}.downsample.1", 2, 0)
            x = relu(x + y)
    return x.mean((1, 2)) @ params["fc.weight"] + params["fc.bias"]
