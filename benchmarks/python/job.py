"""What the programs of Python peers give: harness/job.ts for Python."""

import numpy as np

SAMPLES = 20


def sample(array):
    """Some elements of a result, evenly spaced; harness/job.ts takes the same."""
    flat = np.asarray(array).reshape(-1)
    stride = max(1, flat.size // SAMPLES)
    return [float(x) for x in flat[: stride * SAMPLES : stride][:SAMPLES]]


class Job:
    """A workload made ready: `step` does one step or starts it, `finish` waits until the steps so far are
    done, `values` gives what the last one computed: its loss, or some elements of each of its results."""

    def __init__(self, step, values, finish=None):
        self.step = step
        self.values = values
        self.finish = finish or (lambda: None)
