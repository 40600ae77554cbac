"""The worker process as the front end sees it: spawn it, exchange frames, watch its pulse, end it."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent_models.engine import protocol
from agent_models.engine.protocol import ModelInfo
from agent_models.errors import EngineCrashedError, ModelFileError, ModelMemoryError

_TAIL_LINES = 20
_EXIT_SECONDS = 2.0


def command(path: Path, options: Sequence[str]) -> list[str]:
    """How a worker is started."""
    return [sys.executable, "-m", "agent_models.engine.worker", *options, "--", str(path)]


class WorkerProcess:
    """One worker. `spawn` makes it; `last_sign` is when it was last heard of (monotonic seconds)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._in, self._out = process.stdin, process.stdout
        self._tail: collections.deque[str] = collections.deque(maxlen=_TAIL_LINES)
        self._stderr = asyncio.create_task(self._keep_tail(process.stderr))
        self.last_sign = time.monotonic()
        self.hung = False

    @classmethod
    async def spawn(cls, path: Path, options: Sequence[str]) -> WorkerProcess:
        """Starts a worker that loads `path`."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command(path, options), stdin=pipe, stdout=pipe, stderr=pipe)
        return cls(process)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def ready(self, seconds: float) -> ModelInfo:
        """Waits until the model is loaded. Raises ModelFileError, ModelMemoryError; EngineCrashedError if it ends
        or is late."""
        try:
            async with asyncio.timeout(seconds):
                message = await self.receive()
        except TimeoutError:
            raise EngineCrashedError(f"The model was not loaded within {seconds:g} seconds.") from None
        if isinstance(message, protocol.Ready):
            return message.info
        if isinstance(message, protocol.Failed):
            raise (ModelMemoryError if message.kind == "memory" else ModelFileError)(message.message)
        raise EngineCrashedError(await self.obituary("while loading the model"))

    async def receive(self) -> protocol.ToFront | None:
        """The next frame; None when the worker is gone."""
        try:
            header = await self._out.readexactly(protocol.HEADER.size)
            message = protocol.from_worker(await self._out.readexactly(protocol.body_length(header)))
        except (asyncio.IncompleteReadError, OSError, ValueError, msgspec.DecodeError):
            # Noise on the pipe is as fatal as its end.
            return None
        self.last_sign = time.monotonic()
        return message

    def send(self, frame: bytes) -> None:
        """Sends a frame without waiting; a worker that is gone or stuck is found by its silence."""
        if not self._in.is_closing():
            self._in.write(frame)

    def kill(self) -> None:
        """Ends the process at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def close(self, *, gently: bool = False) -> None:
        """Ends the process and waits until it is gone; `gently`: by asking first."""
        if gently and self._process.returncode is None:
            self.send(protocol.frame(protocol.Shutdown()))
            self._in.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_EXIT_SECONDS):
                    await self._process.wait()
        self.kill()
        await self._process.wait()
        await self._stderr
        self._in.close()
        with contextlib.suppress(OSError):
            await self._in.wait_closed()
        # The pipe's transport is otherwise closed by the garbage collector, which complains.
        while await self._out.read(65536):
            pass

    async def obituary(self, when: str) -> str:
        """A sentence about the worker's end, for an error. Call when it is gone."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_EXIT_SECONDS):
                await asyncio.wait({self._stderr})
                await self._process.wait()
        code = self._process.returncode
        if self.hung:
            how = "stopped responding and was ended"
        elif code is not None and code < 0:
            how = f"was ended by signal {-code}"
        else:
            how = f"ended with exit status {code}"
        said = f" Its last words: {self._tail[-1]}" if self._tail else ""
        return f"The engine's worker process {how} {when}.{said}"

    async def _keep_tail(self, stderr: asyncio.StreamReader) -> None:
        # Read in blocks, because a line may be longer than a stream reader takes.
        rest = ""
        while block := await stderr.read(8192):
            *lines, rest = (rest + block.decode("utf-8", "replace")).split("\n")
            self._tail.extend(line[:300] for line in lines if line.strip())
            rest = rest[-300:]
        if rest.strip():
            self._tail.append(rest)
