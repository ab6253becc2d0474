import torch
from torch_peer import operator, tensors


def prepare(given):
    ta, tb = given.settings.transposeA, given.settings.transposeB
    arrays = tensors(given)

    def product(a, b):
        return [torch.matmul(a.T if ta else a, b.T if tb else b)]

    return operator(product, [arrays["a"], arrays["b"]])
