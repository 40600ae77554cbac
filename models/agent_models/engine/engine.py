"""The local engine's front end: a queue in front of one supervised worker process.

Never imports llama.cpp, so that nothing in it can take the endpoint down.
"""

from __future__ import annotations

import asyncio
import collections
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Literal

from agent_models.completion import CompletionRequest, Event, Usage
from agent_models.embedding import EmbeddingRequest, Embeddings
from agent_models.engine import protocol
from agent_models.engine.failures import as_error
from agent_models.engine.idleness import Idleness
from agent_models.engine.job import Job, next_job
from agent_models.engine.load_options import LoadOptions
from agent_models.engine.protocol import Adapter, ModelInfo
from agent_models.engine.rates import Rates
from agent_models.engine.worker_process import WorkerProcess
from agent_models.errors import (
    EngineBusyError,
    EngineCrashedError,
    ModelError,
    ModelFileError,
    ModelMemoryError,
    UnsupportedRequestError,
)

_Stamp = tuple[int, int, int] | None
State = Literal["stopped", "loading", "ready", "restarting", "failed"]
QUICK_SECONDS = 30.0
"""A worker that dies sooner than this after its start has crashed quickly."""
MOST_QUICK_CRASHES = 5
FAILED_SECONDS = 30.0
"""How long the engine rests after that many before it tries again."""


class Engine:
    """A GGUF model that answers requests, one worker process behind it.

    `info` is what is known of the model once it was loaded, `restarts` how often the worker was replaced.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        load: LoadOptions = LoadOptions(),  # noqa: B008 - frozen
        queue_limit: int = 32,
        idle_seconds: float = 0,
        hang_seconds: float = 20,
        load_seconds: float = 120,
        make_room: Callable[[Engine], Awaitable[bool]] | None = None,
    ) -> None:
        """Nothing is started yet. `queue_limit`: how many requests may wait. After `idle_seconds` without one (0:
        never) the model is unloaded until the next. `make_room` is asked for memory where the model does not fit, and
        returns whether to try again."""
        self.path, self.name = path, name
        self.info: ModelInfo | None = None
        self.state: State = "stopped"
        self.restarts = 0
        self._load = load
        self._queue_limit, self._hang_seconds, self._load_seconds = queue_limit, hang_seconds, load_seconds
        self._make_room = make_room
        self._idleness = Idleness(idle_seconds, lambda: self.idle_since, self._begin_unloading)
        self._used = time.monotonic()
        self._unloading: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._waiting: collections.deque[Job] = collections.deque()
        self._running: dict[int, Job] = {}
        self._worker: WorkerProcess | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._loaded: asyncio.Future[None] | None = None
        self._failure: ModelError | None = None
        self._bad_file: tuple[float, _Stamp] | None = None  # until when, and as which file, it is known to be bad
        self._served = False  # whether this worker has answered
        self._rates = Rates()

    @property
    def queue_length(self) -> int:
        """How many requests wait, the running ones not counted."""
        return len(self._waiting)

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id while there is one."""
        return self._worker.pid if self._worker else None

    @property
    def failure(self) -> str | None:
        """Why no worker runs, in words, while `state` is failed."""
        return str(self._failure) if self.state == "failed" and self._failure else None

    @property
    def prefill_rate(self) -> float | None:
        """Prompt tokens read a second; None before it is known."""
        return self._rates.prefill

    @property
    def generation_rate(self) -> float | None:
        """Answer tokens written a second; None before it is known."""
        return self._rates.generation

    def predicted_seconds(self, prompt_tokens: int, output_tokens: int) -> float | None:
        """How long a request of so many tokens should take, behind those that wait now; None before the rates are
        known."""
        alone = self._rates.seconds(prompt_tokens, output_tokens)
        if alone is None:
            return None
        slots = self.info.slots if self.info else 1
        return alone + len(self._waiting) * (self._rates.request_seconds or 0.0) / slots

    @property
    def idle_since(self) -> float | None:
        """When the last request ended (monotonic seconds), if the model is loaded and nothing waits or runs."""
        used = self.state != "ready" or self._running or self._waiting or self._unloading is not None
        return None if used else self._used

    async def start(self) -> None:
        """Starts the worker and waits until the model is loaded; does nothing when it already is.

        Raises ModelFileError when the file cannot be used, ModelMemoryError when it does not fit, EngineCrashedError
        when the worker does not come up.
        """
        while True:
            try:
                await self._start()
                return
            except ModelMemoryError:
                if self._make_room is None or not await self._make_room(self):
                    raise

    async def unload(self) -> None:
        """Free the model's memory; the next request loads it again. Does nothing while a request waits or runs."""
        if self.idle_since is None:
            return
        self._begin_unloading()
        if self._unloading is not None:
            await asyncio.shield(self._unloading)

    def _begin_unloading(self) -> None:
        self._idleness.stop()
        if self._unloading is None:
            # Now and not in the task: a request that comes in between must not be given to a worker that ends.
            supervisor, self._supervisor = self._supervisor, None
            self._unloading = asyncio.get_running_loop().create_task(self._end_worker(supervisor))

    async def _end_worker(self, supervisor: asyncio.Task[None] | None) -> None:
        if supervisor is not None:
            supervisor.cancel()
            await asyncio.wait({supervisor})
        self.state = "stopped"
        self._unloading = None

    async def _start(self) -> None:
        if self._unloading is not None:
            await asyncio.shield(self._unloading)
        if self._supervisor is None or self._supervisor.done():
            # Trying a bad file costs a process and half a second, for each request that could go elsewhere at once.
            until, known = self._bad_file or (0.0, None)
            if self._failure and time.monotonic() < until and known == _stamp(self.path):
                raise self._failure.with_traceback(None)
            self._failure = self._bad_file = None
            self.state = "loading"
            self._loaded = asyncio.get_running_loop().create_future()
            self._supervisor = asyncio.create_task(self._supervise(self._loaded))
        assert self._loaded is not None
        await asyncio.shield(self._loaded)

    async def stop(self) -> None:
        """Ends the worker; requests that wait or run fail with EngineCrashedError."""
        self._idleness.stop()
        if self._unloading is not None:
            await asyncio.shield(self._unloading)
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            await asyncio.wait({supervisor})
        stopped = EngineCrashedError("The engine was stopped.")
        if self._loaded is not None and not self._loaded.done():
            self._loaded.set_exception(stopped)
            self._loaded.exception()  # nobody may be waiting
        self._fail_all(stopped)
        self.state = "stopped"

    async def complete(
        self, request: CompletionRequest, *, client: str = "", adapter: Adapter | None = None
    ) -> AsyncIterator[Event]:
        """The answer's events as they come. Closing the iterator cancels the request, queued or running.

        `adapter` goes on top of the model for this request. `client` is who asks: while requests wait, each client gets
        its turn, however many the others have sent.

        Raises ContextOverflowError, UnsupportedRequestError, EngineBusyError, EngineCrashedError,
        ModelFileError.
        """
        identity = next(self._ids)
        job = Job(identity, _frame(protocol.Generate(identity, request, adapter)), client)
        await self._enqueue(job)
        try:
            while (answer := await job.answers.get()) is not None:
                if isinstance(answer, ModelError):
                    raise answer
                assert not isinstance(answer, int | Embeddings)
                yield answer
        finally:
            self._forget(job)

    async def count_tokens(self, request: CompletionRequest) -> int:
        """How many tokens the request's prompt has. Raises as `complete` does."""
        identity = next(self._ids)
        answer = await self._ask(Job(identity, _frame(protocol.Count(identity, request)), ""))
        assert isinstance(answer, int)
        return answer

    async def embed(self, request: EmbeddingRequest, *, client: str = "") -> Embeddings:
        """The inputs' vectors. Cancelling the task cancels the request. Raises as `complete` does.

        UnsupportedRequestError where this is a text model, as `complete` does where this is an embedding model.
        """
        identity = next(self._ids)
        answer = await self._ask(Job(identity, _frame(protocol.Embed(identity, request), text="input"), client))
        assert isinstance(answer, Embeddings)
        return answer

    async def _ask(self, job: Job) -> Event | int | Embeddings | None:
        """The one answer to a request that is not told in events."""
        await self._enqueue(job)
        try:
            answer = await job.answers.get()
        finally:
            self._forget(job)
        if isinstance(answer, ModelError):
            raise answer
        return answer

    async def _enqueue(self, job: Job) -> None:
        if self._supervisor is None or self._supervisor.done():
            await self.start()
        if self.state == "failed":
            if isinstance(self._failure, ModelFileError | ModelMemoryError):
                raise self._failure.with_traceback(None)
            why = f" Last: {self._failure}" if self._failure else ""
            raise EngineCrashedError(f"The local model {self.name} keeps crashing and rests for a while.{why}")
        if len(self._waiting) >= self._queue_limit:
            slots = self.info.slots if self.info else 1
            seconds = (len(self._waiting) + 1) * (self._rates.request_seconds or 1.0) / slots
            raise EngineBusyError(
                f"{len(self._waiting)} requests already wait for the local model {self.name}.",
                retry_after=min(max(seconds, 1.0), 600.0),
            )
        self._waiting.append(job)
        self._dispatch()

    def _dispatch(self) -> None:
        slots = self.info.slots if self.info else 0
        while self.state == "ready" and self._worker and self._waiting and len(self._running) < slots:
            job = next_job(self._waiting, self._running.values())
            self._waiting.remove(job)
            self._running[job.id] = job
            self._worker.last_sign = time.monotonic()
            self._worker.send(job.frame)

    def _forget(self, job: Job) -> None:
        if job in self._waiting:
            self._waiting.remove(job)
        elif job.id in self._running and self._worker:
            # It keeps its slot until the worker says that it has let go.
            self._worker.send(protocol.frame(protocol.Cancel(job.id)))

    def _fail_all(self, error: ModelError) -> None:
        for job in (*self._running.values(), *self._waiting):
            job.answers.put_nowait(error)
        self._running.clear()
        self._waiting.clear()

    async def _supervise(self, loaded: asyncio.Future[None]) -> None:
        """Keeps a worker running until cancelled; ends if the very first one does not come up."""
        quick = 0
        while True:
            began = time.monotonic()
            error: ModelError
            try:
                error = await self._one_life(loaded)
            except ModelMemoryError as bad:
                error, quick = bad, MOST_QUICK_CRASHES
            except ModelFileError as bad:
                error, quick = bad, MOST_QUICK_CRASHES
                self._bad_file = (time.monotonic() + FAILED_SECONDS, _stamp(self.path))
            except Exception as bad:
                error = EngineCrashedError(f"The engine's worker process could not be run: {type(bad).__name__}.")
            self._failure = error
            if not loaded.done():
                self.state = "failed"
                self._fail_all(error)
                loaded.set_exception(error)
                loaded.exception()  # nobody may be waiting any more
                return
            crash = error if isinstance(error, EngineCrashedError) else EngineCrashedError(str(error))
            for job in self._running.values():
                job.answers.put_nowait(crash)
            self._running.clear()
            self.restarts += 1
            # One that has answered works: what ended it is not the model.
            quick = quick + 1 if time.monotonic() - began < QUICK_SECONDS and not self._served else 1
            self._served = False
            if quick > MOST_QUICK_CRASHES:
                self.state = "failed"
                self._fail_all(error)
                await asyncio.sleep(FAILED_SECONDS)
                quick = 0
            elif quick > 1:
                self.state = "restarting"
                await asyncio.sleep(0.25 * 2 ** (quick - 2))
            self.state = "restarting"

    async def _one_life(self, loaded: asyncio.Future[None]) -> EngineCrashedError:
        """One worker from spawn to death; returns what ended it. Raises ModelFileError if it cannot load."""
        worker = await WorkerProcess.spawn(self.path, self._load.arguments())
        self._worker = worker
        watch: asyncio.Task[None] | None = None
        stopping = False
        try:
            self.info = await worker.ready(self._load_seconds)
            self.state = "ready"
            self._used = time.monotonic()
            self._idleness.watch()
            if not loaded.done():
                loaded.set_result(None)
            self._dispatch()
            watch = asyncio.create_task(self._watch(worker))
            while (message := await worker.receive()) is not None:
                if isinstance(message, protocol.Failed) and message.kind == "internal":
                    # Its state is unknown now: a fresh worker is safer than a look inside.
                    return EngineCrashedError(f"The local model could not answer: {message.message}.")
                self._take(message)
            return EngineCrashedError(await worker.obituary("during this request"))
        except EngineCrashedError as crash:
            return crash
        except asyncio.CancelledError:
            stopping = True
            raise
        finally:
            self.state = "restarting"
            self._worker = None
            if watch is not None:
                watch.cancel()
            await worker.close(gently=stopping)

    def _take(self, message: protocol.ToFront) -> None:
        if isinstance(message, protocol.Measured):
            self._rates.measured(
                message.prefilled, message.prefill_seconds, message.generated, message.generation_seconds
            )
            return
        if isinstance(message, protocol.Ready | protocol.Beat) or message.id is None:
            return
        job = self._running.get(message.id)
        if job is None:
            return
        ended = True
        if isinstance(message, protocol.Emitted):
            job.answers.put_nowait(message.event)
            ended = isinstance(message.event, Usage)
            if ended:
                self._served = True
                job.answers.put_nowait(None)
        elif isinstance(message, protocol.Counted):
            job.answers.put_nowait(message.tokens)
        elif isinstance(message, protocol.Embedded):
            self._served = True
            job.answers.put_nowait(message.embeddings)
        else:
            job.answers.put_nowait(as_error(message))
        if ended:
            del self._running[job.id]
            self._used = time.monotonic()
            self._dispatch()

    async def _watch(self, worker: WorkerProcess) -> None:
        """Kills a worker that gives no sign of life for `hang_seconds`, at work or when asked."""
        ping = protocol.frame(protocol.Ping())
        pinged: float | None = None
        while True:
            await asyncio.sleep(self._hang_seconds / 4)
            now = time.monotonic()
            if worker.last_sign > (pinged or 0.0):
                pinged = None
            if self._running:
                silent = now - worker.last_sign
            elif pinged is None:
                worker.send(ping)
                pinged, silent = now, 0.0
            else:
                silent = now - pinged
            if silent > self._hang_seconds:
                worker.hung = True
                worker.kill()
                return


def _stamp(path: Path) -> _Stamp:
    """What changes when the file does; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size


def _frame(message: protocol.ToWorker, *, text: str = "messages") -> bytes:
    """`text` is the request's field that holds text."""
    try:
        return protocol.frame(message)
    except UnicodeEncodeError:
        raise UnsupportedRequestError(
            "The request's text holds a lone surrogate, which is not valid Unicode.", param=text
        ) from None
    except OverflowError:
        raise UnsupportedRequestError("The request holds a whole number of more than 64 bits.") from None
