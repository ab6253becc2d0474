import torch
import torch.nn.functional as F
from torch_peer import maybe_compiled, operator, tensors

OPERATORS = {
    "gelu": lambda a, b: F.gelu(a + b),
    "softmax": lambda x: torch.softmax(x, -1),
    "layernorm": lambda x, weight, bias: F.layer_norm(x, [x.shape[-1]], weight, bias),
    "crossentropy": lambda x, target: F.cross_entropy(x, target),
}


def prepare(given):
    arrays = tensors(given)
    g = arrays.pop("g", None)
    inputs = list(arrays.values())
    compute = maybe_compiled(given, OPERATORS[given.settings.op])
    if not given.settings.backward:
        return operator(lambda *inputs: [compute(*inputs)], inputs)
    x = inputs[0].requires_grad_()

    def both(*inputs):
        y = compute(*inputs)
        return [y, *torch.autograd.grad(y, x, g)]

    return operator(both, inputs)
