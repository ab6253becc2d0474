"""The system's OpenBLAS as a peer, called through its C interface."""

import ctypes
import ctypes.util
import os

library = None


def start(threads):
    global library
    os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
    name = ctypes.util.find_library("openblas")
    if name is None:
        raise OSError("libopenblas was not found: apt install libopenblas0-pthread")
    library = ctypes.CDLL(name)
    library.openblas_set_num_threads(threads)
