import ctypes

import numpy as np
import openblas_peer
from job import Job, sample

ROW_MAJOR, NO_TRANS, TRANS = 101, 111, 112


def prepare(given):
    ta = TRANS if given.settings.transposeA else NO_TRANS
    tb = TRANS if given.settings.transposeB else NO_TRANS
    a, b = given.arrays["a"], given.arrays["b"]
    n = given.settings.n
    c = np.empty((n, n), np.float32)
    pointer = lambda array: array.ctypes.data_as(ctypes.c_void_p)  # noqa: E731
    one, zero = ctypes.c_float(1), ctypes.c_float(0)
    arguments = (ROW_MAJOR, ta, tb, n, n, n, one, pointer(a), n, pointer(b), n, zero, pointer(c), n)
    sgemm = openblas_peer.library.cblas_sgemm
    return Job(lambda: sgemm(*arguments), lambda: [sample(c)])
