import jax
from jax_peer import arrays_of, cross_entropy, operator


def layer_norm(x, weight, bias):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * weight + bias


OPERATORS = {
    "gelu": lambda a, b: jax.nn.gelu(a + b, approximate=False),
    "softmax": lambda x: jax.nn.softmax(x, -1),
    "layernorm": layer_norm,
    "crossentropy": cross_entropy,
}


def prepare(given):
    arrays = arrays_of(given)
    g = arrays.pop("g", None)
    compute = OPERATORS[given.settings.op]
    if not given.settings.backward:
        return operator(lambda *inputs: [compute(*inputs)], list(arrays.values()))

    def both(g, x, *rest):
        y, pull = jax.vjp(lambda x: compute(x, *rest), x)
        return [y, *pull(g)]

    return operator(both, [g, *arrays.values()])
