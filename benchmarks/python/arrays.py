"""The arrays of a case: harness/arrays.ts in NumPy, element for element the same."""

import numpy as np


def mix(x):
    """The finaliser of MurmurHash3, over an array of uint32."""
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x85EBCA6B)
    x = x ^ (x >> np.uint32(13))
    x = x * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def hash_name(name):
    """FNV-1a of an ASCII text."""
    value = 0x811C9DC5
    for byte in name.encode("ascii"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return np.uint32(value)


def make_array(name, spec):
    low, high = spec["low"], spec["high"]
    bits = mix(mix(np.arange(np.prod(spec["shape"], dtype=np.int64), dtype=np.uint32)) ^ hash_name(name))
    # 24 bits, which f32 holds exactly; the rest is computed in double precision and rounded once.
    value = low + (high - low) * ((bits >> np.uint32(8)) / 2.0**24)
    if spec.get("dtype", "f32") == "f32":
        return value.astype(np.float32).reshape(spec["shape"])
    return np.floor(value).astype(np.int32).reshape(spec["shape"])
