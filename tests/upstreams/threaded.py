"""The scripted upstream in a thread of its own, for programs and tests that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from tests.upstreams.behaviour import Behaviour
from tests.upstreams.received import Received
from tests.upstreams.upstream import ScriptedUpstream

T = TypeVar("T")


class ThreadedUpstream:
    """``with ThreadedUpstream("ok") as upstream: ...``: the same as ScriptedUpstream, without await."""

    def __init__(self, *script: str | Behaviour, **options: Any) -> None:
        self.upstream = ScriptedUpstream(*script, **options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted-upstream", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self.upstream.start())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self.upstream.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    @property
    def url(self) -> str:
        return self.upstream.url

    @property
    def base_url(self) -> str:
        return self.upstream.base_url

    def as_url(self, behaviour: str) -> str:
        return self.upstream.as_url(behaviour)

    @property
    def requests(self) -> list[Received]:
        return self.upstream.requests

    def script(self, *behaviours: str | Behaviour) -> None:
        self.upstream.script(*behaviours)

    def clear(self) -> None:
        self.upstream.clear()

    def next_request(self, timeout: float = 10) -> Received:
        return self._do(self.upstream.next_request(timeout))

    def wait_disconnect(self, timeout: float = 10) -> Received:
        return self._do(self.upstream.wait_disconnect(timeout))
