"""Graphics cards that llama.cpp can use, and how many of a model's layers they hold. Worker only."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping

from agent_models.engine.memory import layer_count, token_bytes

_GPU = 1  # of ggml_backend_dev_type: with memory of its own
_WORK_BYTES = 768 * 1024**2  # for llama.cpp's buffers and the driver's own, on the card


def free_bytes() -> int:
    """Free memory of the cards; 0 where this build of llama.cpp uses none, or where they share the machine's."""
    if sys.platform == "darwin":
        return 0
    from llama_cpp._ggml import libggml  # the only binding to it that there is

    try:
        libggml.ggml_backend_dev_count.restype = ctypes.c_size_t
        libggml.ggml_backend_dev_get.restype = ctypes.c_void_p
        libggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
        libggml.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
        libggml.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, *[ctypes.POINTER(ctypes.c_size_t)] * 2]
    except AttributeError:
        return 0
    found = 0
    for index in range(libggml.ggml_backend_dev_count()):
        device = libggml.ggml_backend_dev_get(index)
        if libggml.ggml_backend_dev_type(device) == _GPU:
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            libggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
            found += free.value
    return found


def fitting_layers(metadata: Mapping[str, str], *, weights: int, cells: int, free: int) -> int | None:
    """How many layers of a model whose weights have so many bytes, each with its part of a cache of so many cells, fit
    into `free` bytes; None: all."""
    count = layer_count(metadata)
    if not count:
        return None
    each = weights / (count + 1) + cells * token_bytes(metadata) / count  # the output counts as a layer
    fitting = int((free - _WORK_BYTES) // each)
    return None if fitting > count else max(fitting, 0)
