import jax
import jax.numpy as jnp
from jax import lax

LAYERS, HEADS, WIDTH, CONTEXT = 6, 6, 384, 256
SIZE = WIDTH // HEADS


def weights(arrays):
    """Those of linear layers as (inputs, outputs)."""
    tables = ("wte.weight", "wpe.weight")
    return {name: w if name in tables else w.T for name, w in arrays.items()}


def norm(params, name, x):
    centred = x - x.mean(-1, keepdims=True)
    scale = lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return centred * scale * params[f"{name}.weight"] + params[f"{name}.bias"]


def linear(params, name, x):
    return x @ params[f"{name}.weight"] + params[f"{name}.bias"]


def block(params, name, x, attend):
    """x: (N, L, WIDTH); `attend` gets queries, keys and values (N, L, HEADS, SIZE)."""
    n, length, _ = x.shape
    parts = jnp.split(linear(params, f"{name}.qkv", norm(params, f"{name}.ln1", x)), 3, -1)
    y = attend(*(part.reshape(n, length, HEADS, SIZE) for part in parts))
    x = x + linear(params, f"{name}.proj", y.reshape(n, length, WIDTH))
    hidden = linear(params, f"{name}.fc1", norm(params, f"{name}.ln2", x))
    return x + linear(params, f"{name}.fc2", jax.nn.gelu(hidden, approximate=False))


def head(params, x):
    return norm(params, "ln", x) @ params["head.weight"]


def forward(params, tokens):
    """(N, L) gives logits (N, L, vocabulary)."""

    def attend(q, k, v):
        return jax.nn.dot_product_attention(q, k, v, is_causal=True)

    x = params["wte.weight"][tokens] + params["wpe.weight"][: tokens.shape[1]]
    for i in range(LAYERS):
        x = block(params, f"blocks.{i}", x, attend)
    return head(params, x)


def generate(params, first, count):
    """The `count` most likely tokens after the token `first`, one after the other, in one loop."""

    def step(state, position):
        token, cache = state
        seen = (jnp.arange(CONTEXT) <= position)[None, None, None]
        x = params["wte.weight"][token][None, None] + params["wpe.weight"][position]
        updated = []
        for i in range(LAYERS):

            def attend(q, k, v, i=i):
                keys = lax.dynamic_update_slice(cache[i][0], k, (0, position, 0, 0))
                values = lax.dynamic_update_slice(cache[i][1], v, (0, position, 0, 0))
                updated.append((keys, values))
                return jax.nn.dot_product_attention(q, keys, values, mask=seen)

            x = block(params, f"blocks.{i}", x, attend)
        token = head(params, x)[0, 0].argmax()
        return (token, updated), token

    empty = jnp.zeros((1, CONTEXT, HEADS, SIZE))
    state = (first, [(empty, empty) for _ in range(LAYERS)])
    return lax.scan(step, state, jnp.arange(count))[1]
