"""Python files by their path: those of a net or a workload are named after the framework they use."""

import importlib.util
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parent.parent


def load(path):
    """The module in a file below benchmarks/, as `nets/gpt/torch.py`."""
    name = path.removesuffix(".py").replace("/", "_")
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / path)
    module = importlib.util.module_from_spec(spec)
    # Compilers look up the modules of what they compile.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
