"""Hot prefixes on disk: an agent brings the same twelve thousand tokens every few minutes, also after a restart.

A file holds llama.cpp's state of one sequence. Its name is a keyed hash of the tokens that it stands for, at a multiple
of `BLOCK`: no token and no text is stored, and nobody without the folder's key can test a guess. What the state itself
would give away to somebody who has the model too stays, as all data here, for this user's eyes only (0600).
"""

from __future__ import annotations

import hashlib
import mmap
import os
import secrets
import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

BLOCK = 64
"""Prefixes are saved at multiples of so many tokens."""
SHORTEST = 512
"""A shorter prefix is read as quickly as loaded."""
_HEADER = struct.Struct("<8sIIQ")  # magic, tokens, checksum of the state, its size
_MAGIC = b"ARKV0001"
_SAMPLES, _SAMPLE = 64, 65_536


class SavedPrefixes:
    """The saved prefixes of one model in `folder`, at most `budget` bytes of them; those used longest ago go first."""

    def __init__(self, folder: Path, model: Path, budget: int) -> None:
        """Makes the folder. OSError where that cannot be done."""
        self._folder = folder / fingerprint(model)
        self._folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # a mode is given to the last folder only
        self._folder.mkdir(exist_ok=True, mode=0o700)
        self._key = _key(folder / "key")
        self._budget = budget
        for left in self._folder.glob("*.part"):
            left.unlink(missing_ok=True)
        self._known = {path.stem for path in self._folder.glob("*.kv")}

    def __len__(self) -> int:
        return len(self._known)

    def name(self, tokens: Sequence[int]) -> str:
        """The name of the prefix that these tokens, a multiple of `BLOCK`, are."""
        *_, (_, last) = self._names(tokens)
        return last

    def has(self, tokens: Sequence[int]) -> bool:
        """Whether just this prefix is saved."""
        return self.name(tokens) in self._known

    def longest(self, prompt: Sequence[int]) -> int:
        """The length of the longest beginning of `prompt` that is saved; 0 if none is."""
        if not self._known:
            return 0
        return max((length for length, name in self._names(prompt) if name in self._known), default=0)

    def save(self, tokens: Sequence[int], state: bytes | bytearray) -> None:
        """Keep the state of this prefix. OSError where it cannot be written; half a file is never left."""
        if len(state) + _HEADER.size > self._budget:
            return
        self._make_room(len(state) + _HEADER.size)
        name = self.name(tokens)
        part = self._folder / f"{name}.part"
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(_HEADER.pack(_MAGIC, len(tokens), zlib.crc32(state), len(state)))
                file.write(state)
            part.replace(self._folder / f"{name}.kv")
        finally:
            part.unlink(missing_ok=True)
        self._known.add(name)

    def load(self, tokens: Sequence[int]) -> tuple[mmap.mmap, int, int] | None:
        """The file of this prefix, mapped, and where in it the state begins and how long it is. None if it is damaged
        or gone; then it is forgotten."""
        name = self.name(tokens)
        path = self._folder / f"{name}.kv"
        try:
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            magic, count, checksum, size = _HEADER.unpack_from(mapped)
            whole = magic == _MAGIC and count == len(tokens) and len(mapped) == _HEADER.size + size
            with memoryview(mapped) as view, view[_HEADER.size :] as state:
                whole = whole and zlib.crc32(state) == checksum
            if whole:
                os.utime(path)
                return mapped, _HEADER.size, size
        except (OSError, ValueError, struct.error):
            pass
        self.forget(tokens)
        return None

    def forget(self, tokens: Sequence[int]) -> None:
        """Remove this prefix: it is of no use."""
        name = self.name(tokens)
        self._known.discard(name)
        (self._folder / f"{name}.kv").unlink(missing_ok=True)

    def _names(self, tokens: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Length and name of each beginning that could be saved, the shortest first."""
        chain = hashlib.blake2b(key=self._key, digest_size=20)
        for end in range(BLOCK, len(tokens) + 1, BLOCK):
            chain.update(array("i", tokens[end - BLOCK : end]).tobytes())
            if end >= SHORTEST:
                yield end, chain.hexdigest()

    def _make_room(self, size: int) -> None:
        """All models' prefixes share the budget."""
        files = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in self._folder.parent.glob("*/*.kv"))
        total = sum(each[1] for each in files)
        for _, freed, path in files:
            if total + size <= self._budget:
                break
            path.unlink(missing_ok=True)
            self._known.discard(path.stem)
            total -= freed


def fingerprint(model: Path) -> str:
    """What tells this model file, and a llama.cpp that reads its states, from others: the file's size and samples of
    it, because hashing gigabytes takes longer than reading a prompt."""
    digest = hashlib.blake2b(digest_size=16)
    size = model.stat().st_size
    digest.update(f"{version('llama-cpp-python')} {size}".encode())
    with model.open("rb") as file:
        for nth in range(_SAMPLES):
            file.seek(nth * max(size - _SAMPLE, 0) // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


def _key(path: Path) -> bytes:
    """The folder's key, made with the first use."""
    if not path.exists():
        part = path.with_name(f"key.{os.getpid()}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        part.replace(path)
    return path.read_bytes()[:64]
