"""The loop of a worker that holds an embedding model: inputs of all requests share its batches. Worker only."""

from __future__ import annotations

import collections
import queue
import time

import numpy as np
import numpy.typing as npt

from agent_models.embedding import Embeddings
from agent_models.engine import protocol
from agent_models.engine.embedding_context import AbortedError, EmbeddingContext
from agent_models.engine.embedding_inputs import Ready, Tokenised
from agent_models.engine.failures import as_frame
from agent_models.engine.model import Model
from agent_models.engine.preparing import Failure
from agent_models.engine.serving import Inbox, Outbox
from agent_models.errors import ModelFileError, UnsupportedRequestError

BATCH = 256
"""Tokens in a batch, unless one input alone has more: attention is reckoned between all of them, so that a larger one
is no quicker, and llama.cpp sets memory for a vocabulary's width aside for each."""
REST_SECONDS = 5.0
"""A context for a long input can hold gigabytes: given back when nothing has been asked for so long."""


class _Work:
    """A request under way."""

    def __init__(self, request: Tokenised, size: int) -> None:
        self.id, self.dimensions, self.inputs = request.id, request.dimensions, request.inputs
        self.rows = np.empty((len(request.inputs), size), dtype=np.float32)
        self.begun = 0  # inputs that are, or were, in a batch
        self.seconds = 0.0

    @property
    def left(self) -> bool:
        """Whether inputs have not been in a batch yet."""
        return self.begun < len(self.inputs)


class EmbeddingServing:
    """Serves one embedding model."""

    def __init__(self, model: Model, inbox: Inbox, outbox: Outbox) -> None:
        """ModelFileError where there is not enough memory."""
        self._model = model
        self._inbox = inbox
        self._outbox = outbox
        self._running: collections.deque[_Work] = collections.deque()  # whose turn is next comes first
        self._batch: list[tuple[_Work, int]] = []
        self._context = self._open(min(BATCH, model.window))

    def serve(self, prepared: queue.SimpleQueue[Ready]) -> None:
        """For ever; the inbox ends the process."""
        while True:
            self.turn(prepared)

    def turn(self, prepared: queue.SimpleQueue[Ready]) -> None:
        """Take what has come, waiting for it if nothing is to do, and evaluate one batch."""
        if not self._running:
            self._take(self._next(prepared))
        while True:
            try:
                self._take(prepared.get_nowait())
            except queue.Empty:
                break
        for work in [work for work in self._running if self._inbox.is_cancelled(work.id)]:
            self._end(work, protocol.Failed(id=work.id, kind="cancelled", message="cancelled"))
        if self._running:
            self._fill()
            self._evaluate()
        self._outbox.flush()
        self._outbox.beat()

    def _next(self, prepared: queue.SimpleQueue[Ready]) -> Ready:
        if self._context.tokens > BATCH:
            try:
                return prepared.get(timeout=REST_SECONDS)
            except queue.Empty:
                self._context.close()
                self._context = self._open(BATCH)
        return prepared.get()

    def _take(self, ready: Ready) -> None:
        if isinstance(ready, Tokenised):
            self._running.append(_Work(ready, self._model.embedding_size or 0))
        elif isinstance(ready, Failure):
            self._outbox.put(as_frame(ready.id, ready.error))
            self._inbox.done(ready.id)
        else:
            self._outbox.put(protocol.Beat())

    def _fill(self) -> None:
        """The next batch: an input of each request in turn, as long as there is room."""
        self._batch = []
        room = 0
        passed_over = 0
        while passed_over < len(self._running) and len(self._batch) < self._context.sequences:
            work = self._running[0]
            self._running.rotate(-1)
            length = len(work.inputs[work.begun]) if work.left else 0
            if not self._batch:
                room = max(BATCH, length)
            if not length or length > room:
                passed_over += 1
                continue
            passed_over = 0
            room -= length
            self._batch.append((work, work.begun))
            work.begun += 1
        taken = {work for work, _ in self._batch}
        self._running = collections.deque(sorted(self._running, key=taken.__contains__))  # who got nothing is next

    def _evaluate(self) -> None:
        sequences = [work.inputs[number] for work, number in self._batch]
        started = time.monotonic()
        try:
            self._make_room(sum(map(len, sequences)))
            rows = self._context.vectors(sequences)
        except AbortedError:
            return  # the next turn lets go of those requests
        except Exception as error:
            for work in dict.fromkeys(work for work, _ in self._batch):
                self._end(work, as_frame(work.id, error))
            return
        share = (time.monotonic() - started) / len(sequences)
        for (work, number), row in zip(self._batch, rows, strict=True):
            work.rows[number] = row
            work.seconds += share
        for work in dict.fromkeys(work for work, _ in self._batch):
            if not work.left:
                self._finish(work)

    def _finish(self, work: _Work) -> None:
        count = sum(map(len, work.inputs))
        try:
            vectors = normalised(work.rows[:, : work.dimensions])
        except UnsupportedRequestError as error:
            self._end(work, as_frame(work.id, error))
            return
        self._outbox.put(protocol.Measured(count, work.seconds, 0, 0.0))
        self._end(work, protocol.Embedded(work.id, Embeddings(vectors.astype("<f4").tobytes(), work.dimensions, count)))

    def _end(self, work: _Work, last: protocol.ToFront) -> None:
        self._running.remove(work)
        self._outbox.put(last)
        self._inbox.done(work.id)

    def _make_room(self, tokens: int) -> None:
        """A larger context if the batch needs one; the memory that it takes grows with the square of its tokens."""
        if tokens <= self._context.tokens:
            return
        size = self._context.tokens
        while size < tokens:
            size *= 2
        self._context.close()
        try:
            self._context = self._open(min(size, self._model.window))
        except ModelFileError as error:
            self._context = self._open(min(BATCH, self._model.window))
            raise UnsupportedRequestError(str(error), param="input") from None

    def _open(self, tokens: int) -> EmbeddingContext:
        return self._model.open_embedding_context(tokens=tokens, unwanted=self._unwanted)

    def _unwanted(self) -> bool:
        """Whether all of the running batch was cancelled. Asked while llama.cpp works: a sign of life as well."""
        self._outbox.beat()
        return all(self._inbox.is_cancelled(work.id) for work, _ in self._batch)


def normalised(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The rows, each brought to length 1. UnsupportedRequestError if one is no vector."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    wrong = np.flatnonzero(~np.isfinite(lengths))
    if wrong.size:
        raise UnsupportedRequestError(f"The model makes no vector of input[{wrong[0]}].", param=f"input[{wrong[0]}]")
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
