import jax
import jax.numpy as jnp
from jax_peer import adam, arrays_of, training


def loss_of(params, x, y):
    for name in ("fc1", "fc2"):
        x = jax.nn.relu(x @ params[f"{name}.weight"].T + params[f"{name}.bias"])
    logits = x @ params["fc3.weight"].T + params["fc3.bias"]
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1))


def prepare(given):
    params = arrays_of(given)
    data, target = params.pop("data"), params.pop("target")
    return training(params, adam(given.settings.lr), loss_of, list(zip(data, target)))
