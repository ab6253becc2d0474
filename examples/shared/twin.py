"""What the PyTorch twins of the examples share: reading what the example wrote, and saying what came out."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch


def read_input():
    """
    The tensors and the settings that the example wrote into the folder named on the command line. Seeds
    PyTorch, and sets its number of threads where the example was given one.
    """
    folder = Path(sys.argv[1])
    described = json.loads((folder / "input.json").read_text())
    arrays = {}
    for array in described["arrays"]:
        raw = bytearray((folder / f"{array['name']}.bin").read_bytes())
        values = torch.frombuffer(raw, dtype=getattr(torch, array["dtype"]))
        arrays[array["name"]] = values.reshape(array["shape"])
    settings = SimpleNamespace(**described["settings"])
    torch.manual_seed(settings.seed)
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    return SimpleNamespace(**arrays), settings


def batches(count, size):
    """Positions of an epoch's batches, in a new random order."""
    return torch.randperm(count).split(size)


def load_weights(net, data, prefix):
    """Gives a net the weights whose names begin with the prefix."""
    arrays = vars(data).items()
    net.load_state_dict({name[len(prefix) :]: x for name, x in arrays if name.startswith(prefix)})


def show_epoch(epoch, epochs, loss):
    print(f"PyTorch epoch {epoch}/{epochs}  loss {loss:.4f}", file=sys.stderr, flush=True)


def report(figures, seconds):
    """Prints the result as the one line that the example reads."""
    print(json.dumps({"torch": torch.__version__, "figures": figures, "seconds": round(seconds, 1)}))
