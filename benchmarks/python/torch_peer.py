"""PyTorch as a peer: setting up, and what its programs share."""

import torch
from job import Job, sample


def start(threads):
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)


def tensors(given):
    """The arrays of the case as tensors over the same memory; integers as PyTorch's class indices."""
    out = {name: torch.from_numpy(array) for name, array in given.arrays.items()}
    return {name: t.long() if t.dtype == torch.int32 else t for name, t in out.items()}


def load_weights(net, given):
    """Takes the weights over that are named as the state of `net`; names that do not fit are an error."""
    arrays = tensors(given)
    net.load_state_dict({name: arrays[name] for name in net.state_dict() if name in arrays}, strict=False)
    missing = [name for name, _ in net.named_parameters() if name not in arrays]
    if missing:
        raise KeyError(f"no initial values for {missing}")
    return net


def maybe_compiled(given, function):
    return torch.compile(function) if given.mode == "compile" else function


def training(given, net, optimizer, loss_of, batches):
    """A job whose step is one update by the loss of the next batch: the loop that a user writes, with
    forward pass, loss and, through autograd, backward pass compiled in the mode of that name."""
    loss_of = maybe_compiled(given, loss_of)
    state = {"step": 0, "loss": None}

    def step():
        batch = batches[state["step"] % len(batches)]
        state["step"] += 1
        optimizer.zero_grad()
        loss = loss_of(net, *batch)
        loss.backward()
        optimizer.step()
        state["loss"] = loss

    return Job(step, lambda: [[state["loss"].item()]])


def operator(function, arguments):
    """A job whose step computes a list of tensors from fixed arguments."""
    state = {}

    def step():
        state["results"] = function(*arguments)

    return Job(step, lambda: [sample(result.detach().numpy()) for result in state["results"]])
