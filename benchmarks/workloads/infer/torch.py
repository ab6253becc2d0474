import torch
from job import Job, sample
from loading import load
from torch_peer import load_weights, maybe_compiled, operator, tensors


def classify(given):
    net = load_weights(load("nets/resnet18/torch.py").Net(), given).eval()
    forward = maybe_compiled(given, torch.inference_mode()(net))
    return operator(lambda x: [forward(x)], [tensors(given)["data"]])


def generate(given):
    """Compiled over a cache of fixed size, else over the part of it that is filled."""
    module = load("nets/gpt/torch.py")
    net = load_weights(module.Net(), given).eval()
    compiled = given.mode == "compile"
    decode = torch.compile(net.decode) if compiled else net.decode_short
    size = module.WIDTH // module.HEADS
    state = {}

    @torch.inference_mode()
    def step():
        shape = (1, module.HEADS, module.CONTEXT, size)
        cache = [(torch.zeros(shape), torch.zeros(shape)) for _ in range(module.LAYERS)]
        token = torch.zeros((1, 1), dtype=torch.long)
        tokens = []
        for i in range(given.settings.tokens):
            logits = decode(token, torch.tensor([i]) if compiled else i, cache)
            token = logits.argmax(-1, keepdim=True)
            tokens.append(token.item())
        state["tokens"] = tokens

    return Job(step, lambda: [sample(state["tokens"])])


def prepare(given):
    return generate(given) if given.settings.net == "gpt" else classify(given)
