from jax_peer import arrays_of, operator


def prepare(given):
    ta, tb = given.settings.transposeA, given.settings.transposeB
    arrays = arrays_of(given)

    def product(a, b):
        return [(a.T if ta else a) @ (b.T if tb else b)]

    return operator(product, [arrays["a"], arrays["b"]])
