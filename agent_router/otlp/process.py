"""The router's end of the process that takes telemetry: started with the first request, and again when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections import deque
from typing import Any, Final

import msgspec

from agent_router.config import Configuration
from agent_router.otlp.frame import HEAD, Asked, answer, framed, length
from agent_router.paths import PREFIX
from agent_telemetry.otlp.answer import Answer, media_type, refused
from agent_telemetry.otlp.refusal import Refusal

_MOST_BYTES: Final = 64 * 1024 * 1024
"""Of requests that wait; more are refused until there is room."""
_AGAIN_S: Final = 1
_STARTS_S: Final = 2.0  # between two starts
_HANGS_S: Final = 60.0  # without an answer, after which it is ended
_ENDS_S: Final = 6.0
# A Ctrl-C in the terminal is for the server, which then closes the pipe.
_APART: Final[dict[str, Any]] = (
    {"creationflags": 0x0800_0200} if sys.platform == "win32" else {"start_new_session": True}
)  # CREATE_NO_WINDOW, CREATE_NEW_PROCESS_GROUP
_log = logging.getLogger("agent_router")


class ReceiverProcess:
    """Takes requests one after the other, into the ledger of a configuration."""

    def __init__(self, configuration: Configuration) -> None:
        self._data = str(configuration.data)
        self._environment = {f"{PREFIX}DATA": self._data}
        if configuration.path.exists():
            self._environment[f"{PREFIX}CONFIG"] = str(configuration.path)
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._started = -_STARTS_S
        self._waiting: deque[asyncio.Future[Answer | None]] = deque()
        self._bytes = 0
        self._closed = False

    async def take(self, request: Asked) -> Answer:
        """The answer; 503 where the process is not there, or has too much to do."""
        if self._bytes > _MOST_BYTES:
            return _busy(request, "More telemetry waits than can be taken just now.")
        self._bytes += len(request.body)
        try:
            async with self._starting:
                process = await self._running()
            if process is None or process.stdin is None:
                return _busy(request, "The process that takes telemetry is not there just now.")
            future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            process.stdin.write(framed(request))
            with contextlib.suppress(ConnectionError):
                await process.stdin.drain()
            try:
                found = await asyncio.wait_for(asyncio.shield(future), _HANGS_S)
            except TimeoutError:
                process.kill()
                found = None
            return found or _busy(request, "The process that takes telemetry has ended.")
        finally:
            self._bytes -= len(request.body)

    async def close(self) -> None:
        """Let it write what it has, and end."""
        self._closed = True
        process, reading = self._process, self._reading
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _ENDS_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        if reading is not None:
            await reading

    async def _running(self) -> asyncio.subprocess.Process | None:
        if self._process is not None and self._reading is not None and not self._reading.done():
            return self._process
        if self._closed or time.monotonic() - self._started < _STARTS_S:
            return None
        self._started = time.monotonic()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "agent_router.otlp", self._data),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL if sys.platform == "win32" else None,
                env=os.environ | self._environment,
                **_APART,
            )
        except OSError as error:
            _log.error("The process that takes telemetry cannot be started: %s.", error.strerror)
            return None
        self._reading = asyncio.ensure_future(self._read(self._process))
        return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        output = process.stdout
        assert output is not None
        try:
            while True:
                content = await output.readexactly(length(await output.readexactly(HEAD)))
                future = self._waiting.popleft()
                if not future.done():
                    future.set_result(answer(content))
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError, IndexError):
            pass
        finally:
            while self._waiting:
                future = self._waiting.popleft()
                if not future.done():
                    future.set_result(None)
            if process.returncode is None and not self._closed:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await process.wait()


def _busy(request: Asked, words: str) -> Answer:
    return refused(media_type(request.content_type), Refusal(503, words, _AGAIN_S))
