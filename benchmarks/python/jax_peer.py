"""JAX as a peer: setting up, and what its programs share. XLA takes as many threads as the process may
have CPUs, so that is how their number is set."""

import os

from job import Job, sample


def start(threads):
    os.environ["JAX_PLATFORMS"] = "cpu"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    import jax  # noqa: F401


def arrays_of(given):
    """The arrays of the case on the device."""
    import jax.numpy as jnp

    return {name: jnp.array(array) for name, array in given.arrays.items()}


def adam(lr, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """Adam, or with a decay AdamW, over a tree of parameters: functions `init` and `update`."""
    import jax
    import jax.numpy as jnp

    tree = jax.tree_util.tree_map

    def init(params):
        return (jnp.zeros((), jnp.float32), tree(jnp.zeros_like, params), tree(jnp.zeros_like, params))

    def update(grads, state, params):
        count, mean, square = state
        count = count + 1
        mean = tree(lambda m, g: beta1 * m + (1 - beta1) * g, mean, grads)
        square = tree(lambda v, g: beta2 * v + (1 - beta2) * g * g, square, grads)
        size = lr / (1 - beta1**count)
        root = 1 / jnp.sqrt(1 - beta2**count)
        new = lambda p, m, v: p * (1 - lr * weight_decay) - size * m / (jnp.sqrt(v) * root + eps)  # noqa: E731
        return tree(new, params, mean, square), (count, mean, square)

    return init, update


def sgd(lr, momentum):
    """Gradient descent with momentum: functions `init` and `update`."""
    import jax
    import jax.numpy as jnp

    tree = jax.tree_util.tree_map

    def init(params):
        return tree(jnp.zeros_like, params)

    def update(grads, velocity, params):
        velocity = tree(lambda v, g: momentum * v + g, velocity, grads)
        return tree(lambda p, v: p - lr * v, params, velocity), velocity

    return init, update


def cross_entropy(logits, target):
    """The mean over all but the last axis."""
    import jax
    import jax.numpy as jnp

    return -jnp.take_along_axis(jax.nn.log_softmax(logits), target[..., None], axis=-1).mean()


def conv(x, weight, padding, stride=1):
    """x: (N, H, W, inputs); weight: (height, width, inputs, outputs)"""
    from jax import lax

    sides = ((padding, padding), (padding, padding))
    return lax.conv_general_dilated(
        x, weight, (stride, stride), sides, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def conv_weights(arrays):
    """Weights of convolutions, those of four axes, as `conv` takes them."""
    return {name: w.transpose(2, 3, 1, 0) if w.ndim == 4 else w for name, w in arrays.items()}


def training(params, optimizer, loss_of, batches):
    """A job whose step, compiled as one function, is one update by the loss of the next batch. The old
    parameters' memory is given to the new ones."""
    import jax

    init, update = optimizer

    def one(params, state, *batch):
        loss, grads = jax.value_and_grad(loss_of)(params, *batch)
        params, state = update(grads, state, params)
        return params, state, loss

    one = jax.jit(one, donate_argnums=(0, 1))
    now = {"step": 0, "params": params, "state": init(params), "loss": None}

    def step():
        batch = batches[now["step"] % len(batches)]
        now["step"] += 1
        now["params"], now["state"], now["loss"] = one(now["params"], now["state"], *batch)

    # The parameters are computed with the loss, by the same program, but are ready later.
    return Job(step, lambda: [[float(now["loss"])]], lambda: jax.block_until_ready(now["params"]))


def operator(function, arguments):
    """A job whose step computes a list of arrays from fixed arguments, compiled as one function."""
    import jax

    function = jax.jit(function)
    state = {}

    def step():
        state["results"] = jax.block_until_ready(function(*arguments))

    return Job(step, lambda: [sample(result) for result in state["results"]])
