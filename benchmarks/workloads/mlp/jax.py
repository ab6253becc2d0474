import jax
from jax_peer import adam, arrays_of, cross_entropy, training


def loss_of(params, x, y):
    for name in ("fc1", "fc2"):
        x = jax.nn.relu(x @ params[f"{name}.weight"] + params[f"{name}.bias"])
    return cross_entropy(x @ params["fc3.weight"] + params["fc3.bias"], y)


def prepare(given):
    arrays = arrays_of(given)
    data, target = arrays.pop("data"), arrays.pop("target")
    # Weights as (inputs, outputs).
    params = {name: array.T for name, array in arrays.items()}
    return training(params, adam(given.settings.lr), loss_of, list(zip(data, target)))
