"""Whose a side call is that only names a library: that of the agent which sends by the same library.

Agents send their titles and summaries with the very headers of their turns, but these prompts often do not say whose
they are. In memory only: hashes and names.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from msgspec import structs

from agent_router.routing.agent import is_library
from agent_router.routing.task import Task

_MOST = 256
_LASTS = 6 * 3600.0  # seconds for which an agent is expected to go on
_TOLD = (b"user-agent", b"authorization", b"x-api-key", b"x-goog-api-key", b"x-goog-api-client")
_TOLD_BY_SDKS = b"x-stainless-"  # version, runtime and machine, in the SDKs that are made by Stainless
_CHANGING = (b"x-stainless-retry-count", b"x-stainless-timeout", b"x-stainless-read-timeout", b"x-stainless-helper")
_OF_PEOPLE = frozenset({"ask", "json", "embedding"})


class Senders:
    """Remembers which agents have sent with which headers. Not for what somebody asks: a program of one's own may use
    the same library."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._agents: OrderedDict[bytes, dict[str, float]] = OrderedDict()

    def named(self, task: Task, headers: Mapping[bytes, bytes]) -> Task:
        """The task, with the agent that it is most likely of, where its headers and its prompt name none. `headers`
        are lower-case."""
        known = task.agent is not None and not is_library(task.agent, headers.get(b"user-agent", b""))
        if not known and task.kind in _OF_PEOPLE:
            return task
        seen = _print(headers)
        agents = self._agents.get(seen)
        now = self._clock()
        if known:
            assert task.agent is not None
            if agents is None:
                agents = self._agents[seen] = {}
                if len(self._agents) > _MOST:
                    self._agents.popitem(last=False)
            agents[task.agent] = now
            self._agents.move_to_end(seen)
            return task
        lately = [name for name, at in (agents or {}).items() if now - at < _LASTS]
        return structs.replace(task, agent=lately[0]) if len(lately) == 1 else task


def _print(headers: Mapping[bytes, bytes]) -> bytes:
    told = [headers.get(name, b"") for name in _TOLD]
    told += sorted(
        name + b":" + value
        for name, value in headers.items()
        if name.startswith(_TOLD_BY_SDKS) and name not in _CHANGING
    )
    return hashlib.blake2b(b"\x1f".join(told), digest_size=16).digest()
