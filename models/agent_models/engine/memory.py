"""How much memory a model needs, told before it is loaded, and how large a context this machine can afford."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

from agent_models.errors import ModelMemoryError

LARGEST_WINDOW = 32_768
"""The largest default context window in tokens: agents' prompts have 10 to 20 thousand."""
USUAL_WINDOW = 8192
"""Where the file does not say what the model was trained for."""
SMALLEST_WINDOW = 2048
_SHARE = 4  # by default, one part in so many of the free memory may become KV cache
_WINDOWS = 2  # how many windows the cache should hold; what is not in use is set aside anyway
_SMALL_WINDOWS, _SMALL_CELLS = 8, 16_384  # more of small ones, up to so many cells
_CACHE_BYTES = 2 * 1024**3  # beyond one window, the cache is not made larger than this
_WORK_BYTES = 400 * 1024**2  # llama.cpp's buffers for a batch, and Python
_F16 = 2
_MIB = 1024**2


class Room(NamedTuple):
    """What to open a context with, in tokens: the most of one request, and all cells of the cache."""

    window: int
    cells: int


def token_bytes(metadata: Mapping[str, str]) -> int:
    """Bytes of KV cache that a token takes, by the file's metadata (f16). 0 where it does not say.

    Source: the GGUF specification's `[llm].attention.*` keys.
    """
    layers, heads = layer_count(metadata), _number(metadata, "attention.head_count")
    width = _number(metadata, "embedding_length") // heads if heads else 0
    if latent := _number(metadata, "attention.kv_lora_rank"):  # multi-head latent attention keeps one small vector
        return layers * (latent + _number(metadata, "rope.dimension_count")) * _F16
    key = _number(metadata, "attention.key_length") or width
    value = _number(metadata, "attention.value_length") or width
    return layers * (_number(metadata, "attention.head_count_kv") or heads) * (key + value) * _F16


def layer_count(metadata: Mapping[str, str]) -> int:
    """The model's layers; 0 where the file does not say."""
    return _number(metadata, "block_count")


def _number(metadata: Mapping[str, str], key: str) -> int:
    # A list where layers differ; the largest bounds them all.
    found = re.findall(r"\d+", metadata.get(f"{metadata.get('general.architecture')}.{key}", ""))
    return max(map(int, found), default=0)


def trained_window(metadata: Mapping[str, str]) -> int:
    """The context window in tokens that the model was trained for; 0 where the file does not say."""
    trained = metadata.get(f"{metadata.get('general.architecture')}.context_length", "")
    return int(trained) if trained.isdigit() else 0


def available_bytes(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Memory that programs can have without swapping, within the container's limit if there is one."""
    free = int(psutil.virtual_memory().available)
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        if limit.isdigit():
            free = min(free, int(limit) - int((cgroup / "memory.current").read_text()))
    except (OSError, ValueError):
        pass
    return max(free, 0)


def room(name: str, metadata: Mapping[str, str], *, weights: int, wanted: int | None, available: int) -> Room:
    """A context for a model whose weights have so many bytes; `wanted`: the window that the user asks for, in tokens.
    ModelMemoryError if it does not fit into `available` bytes."""
    each = token_bytes(metadata)
    trained = trained_window(metadata)
    spare = available - weights - _WORK_BYTES
    usual = min(trained or USUAL_WINDOW, LARGEST_WINDOW)
    least = wanted or min(usual, SMALLEST_WINDOW)
    if least * each > spare:
        needed = weights + _WORK_BYTES + least * each
        raise ModelMemoryError(
            f"{name} needs about {needed // _MIB:,} MiB of memory with a context window of {least:,} tokens; "
            f"{available // _MIB:,} MiB are free. Close other programs, choose a smaller model or quantisation, or a "
            "smaller [local] context_window."
        )
    if not each:
        window = wanted or usual
        return Room(window, _cells(window))
    affordable = max(min(available // _SHARE, spare) // each, least)
    window = wanted or min(usual, affordable)
    more = min(max(spare - window * each, 0), max(_CACHE_BYTES - window * each, 0)) // each
    return Room(window, window + min(more, _cells(window) - window))


def _cells(window: int) -> int:
    return max(_WINDOWS * window, min(_SMALL_WINDOWS * window, _SMALL_CELLS))
