"""Responses that were given, so that the next request can name one instead of repeating the conversation.

In memory, bounded, for an hour; on disk too only where the user lets the router keep text. Never in the ledger.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from weakref import WeakSet

import msgspec
from msgspec import Struct

from agent_router.wire.responses.kept import Kept

log = logging.getLogger("agent_router")

SECONDS = 3600.0
"""For which a response is kept in memory."""
MOST = 1000
MOST_BYTES = 64 * 1024 * 1024
DISK_SECONDS = 30 * 86400.0
DISK_BYTES = 256 * 1024 * 1024
_RESPONSE, _ITEM, _NAMED = 600, 260, 8
"""What a response and an item take in memory besides their bytes, and an item each time that a response holds it."""
_ID = re.compile(r"resp_[A-Za-z0-9_-]{1,200}")


class Stored(Struct):
    """A response: its JSON, its items, and the whole input before it, that of earlier responses included. `provider`
    told it in this dialect itself, if one did, and `held`: it has kept it as well. `time`: seconds since 1970.
    `private`: it must not leave the machine. `failed`: it cannot be gone on from."""

    id: str
    response: bytes
    input: list[Kept]
    output: list[Kept]
    time: float
    provider: str | None = None
    held: bool = False
    private: bool = False
    failed: bool = False

    @property
    def conversation(self) -> list[Kept]:
        """All that was said, to be continued."""
        return self.input + self.output


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Stored)


class ResponseStore:
    """`folder` is where they are kept on disk; None: nowhere. `before` is asked for what is not found here, and what is
    deleted there is forgotten here as well."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        before: ResponseStore | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._before = before
        self._clock = clock
        self._kept: OrderedDict[str, Stored] = OrderedDict()
        self._uses: dict[Kept, int] = {}  # by how many responses an item is held
        self._items: dict[str, Kept] = {}
        self._size = 0
        self._writing: dict[asyncio.Task[None], str] = {}
        self._deleted: set[str] = set()  # while they are being written
        self._copies: WeakSet[ResponseStore] = WeakSet()
        if before is not None:
            before._copies.add(self)
        if folder is not None:
            _prune(folder, clock())

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, stored: Stored) -> None:
        """Keep a response."""
        self._forget(stored.id)
        self._kept[stored.id] = stored
        self._size += _own_size(stored)
        for kept in stored.conversation:
            uses = self._uses.get(kept, 0)
            self._uses[kept] = uses + 1
            if not uses:
                self._items[kept.id] = kept
                self._size += _ITEM + len(kept.json) + len(kept.id)
        while self._kept and (len(self._kept) > MOST or self._size > MOST_BYTES or self._is_old()):
            self._forget(next(iter(self._kept)))
        if self._folder is not None and _ID.fullmatch(stored.id):
            self._deleted.discard(stored.id)
            writing = asyncio.ensure_future(self._write(self._folder, stored))
            self._writing[writing] = stored.id
            writing.add_done_callback(self._writing.pop)

    def get(self, id: str) -> Stored | None:
        """The response; None if it is unknown, or too long ago."""
        while self._kept and self._is_old():
            self._forget(next(iter(self._kept)))
        found = self._kept.get(id)
        if found is None and self._before is not None:
            found = self._before.get(id)
        if found is None and self._folder is not None and _ID.fullmatch(id) and id not in self._deleted:
            found = _read(self._folder / f"{id}.json", self._clock())
        return found

    def item(self, id: str) -> Kept | None:
        """An item of a response that is kept in memory, by its id; the last that has it."""
        found = self._items.get(id)
        return found if found is not None or self._before is None else self._before.item(id)

    def delete(self, id: str) -> bool:
        """Forget a response; False if it is unknown."""
        known = self.get(id) is not None
        self._forget(id)
        for copy in self._copies:
            copy.delete_here(id)
        if self._folder is not None and _ID.fullmatch(id):
            if id in self._writing.values():
                self._deleted.add(id)
            (self._folder / f"{id}.json").unlink(missing_ok=True)
        return known

    def delete_here(self, id: str) -> None:
        """Forget a response in this store's memory only."""
        self._forget(id)

    async def flush(self) -> None:
        """Wait until all is on disk that is to be."""
        await asyncio.gather(*self._writing)

    async def _write(self, folder: Path, stored: Stored) -> None:
        await asyncio.to_thread(_write, folder, stored)
        if stored.id in self._deleted:  # meanwhile; a deletion is not undone by what was begun before it
            (folder / f"{stored.id}.json").unlink(missing_ok=True)
            self._deleted.discard(stored.id)

    def _is_old(self) -> bool:
        return next(iter(self._kept.values())).time < self._clock() - SECONDS

    def _forget(self, id: str) -> None:
        stored = self._kept.pop(id, None)
        if stored is None:
            return
        self._size -= _own_size(stored)
        for kept in stored.conversation:
            uses = self._uses.pop(kept) - 1
            if uses:
                self._uses[kept] = uses
                continue
            self._size -= _ITEM + len(kept.json) + len(kept.id)
            if self._items.get(kept.id) is kept:
                del self._items[kept.id]


def _own_size(stored: Stored) -> int:
    return _RESPONSE + len(stored.response) + _NAMED * (len(stored.input) + len(stored.output))


def _write(folder: Path, stored: Stored) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = folder / f"{stored.id}.half"
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(_encoder.encode(stored))
        half.replace(folder / f"{stored.id}.json")
    except OSError as error:
        log.warning("A response could not be kept on disk: %s.", error)


def _read(path: Path, now: float) -> Stored | None:
    try:
        stored = _decoder.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return stored if stored.time > now - DISK_SECONDS else None


def _prune(folder: Path, now: float) -> None:
    """The oldest leave where there is too much."""
    try:
        files = sorted(((path.stat().st_mtime, path.stat().st_size, path) for path in folder.iterdir()), reverse=True)
        size = 0
        for changed, bytes_, path in files:
            size += bytes_
            if changed < now - DISK_SECONDS or size > DISK_BYTES or path.suffix == ".half":
                path.unlink(missing_ok=True)
    except OSError:
        return
