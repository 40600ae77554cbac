"""The metadata at the beginning of a GGUF file, read without llama.cpp: enough to tell which kind of model it is.

Source: the GGUF specification (ggml, docs/gguf.md), versions 2 and 3, little-endian.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

from agent_models.engine.pooling import ENCODERS, pooling

_U32, _U64, _I32 = struct.Struct("<I"), struct.Struct("<Q"), struct.Struct("<i")
_HEAD = struct.Struct("<4sIQQ")  # magic, version, number of tensors, number of metadata entries
_UINT32, _INT32, _STRING, _ARRAY = 4, 5, 8, 9
_MOST_ELEMENTS = 2**24  # of an array, and entries of the whole: more only noise claims to have
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


def embeds(path: Path) -> bool:
    """Whether the file holds an embedding model. False also for what cannot be read: whoever loads it will say why.

    A text model's whole metadata is walked, its vocabulary too: some 50 ms.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return pooling(*_facts(data)) is not None
    except (OSError, ValueError, OverflowError, struct.error):
        return False


def _facts(data: mmap.mmap) -> tuple[str, int | None]:
    """The architecture, and the pooling that the file states."""
    magic, version, _, entries = _HEAD.unpack_from(data)
    if magic != b"GGUF" or version not in (2, 3) or entries > _MOST_ELEMENTS:
        raise ValueError("no GGUF file that can be read here")
    architecture, stated = "", dict[bytes, int]()
    at = _HEAD.size
    for _ in range(entries):
        key, at = _string(data, at)
        (kind,) = _U32.unpack_from(data, at)
        at += 4
        if key == b"general.architecture" and kind == _STRING:
            value, at = _string(data, at)
            architecture = value.decode()
            if architecture in ENCODERS:
                break
            continue
        if key.endswith(b".pooling_type") and kind in (_UINT32, _INT32):
            (stated[key],) = _I32.unpack_from(data, at)
        at = _behind(data, at, kind)
    return architecture, stated.get(f"{architecture}.pooling_type".encode())


def _string(data: mmap.mmap, at: int) -> tuple[bytes, int]:
    (length,) = _U64.unpack_from(data, at)
    end = at + 8 + length
    if end > len(data):
        raise ValueError("a string that goes beyond the file")
    return data[at + 8 : end], end


def _behind(data: mmap.mmap, at: int, kind: int) -> int:
    """Where the value that begins at `at` ends."""
    if kind == _STRING:
        (length,) = _U64.unpack_from(data, at)
        return at + 8 + int(length)
    if kind != _ARRAY:
        return at + _size(kind)
    (element,) = _U32.unpack_from(data, at)
    (count,) = _U64.unpack_from(data, at + 4)
    at += 12
    if element == _ARRAY or count > _MOST_ELEMENTS:
        raise ValueError("an array that no model has")
    if element != _STRING:
        return at + int(count) * _size(element)
    length_at = _U64.unpack_from
    for _ in range(count):
        at += 8 + length_at(data, at)[0]
    return at


def _size(kind: int) -> int:
    if kind not in _SIZES:
        raise ValueError(f"a value of the unknown kind {kind}")
    return _SIZES[kind]
