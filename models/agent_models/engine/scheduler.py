"""Several requests at once: what is evaluated in each step, and whose answer goes on. Worker only.

A step is one `llama_decode`. First come the sequences that write, one token each; what room is left goes in fair parts
to those that still read their prompt. A request whose prompt begins like one that is just being read waits until that
part is there, instead of reading it a second time beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from agent_models.completion import Usage
from agent_models.engine.batch import Batch
from agent_models.engine.cache import Cache
from agent_models.engine.context import Context, NoRoomError
from agent_models.engine.generation import Generation
from agent_models.engine.pen import Step
from agent_models.engine.prefix_tree import common_prefix
from agent_models.engine.protocol import Measured

READ_SECONDS = 1.0
"""What a step should take at most while nobody writes: so long a cancel or a sign of life may wait, on any machine."""
WRITE_SECONDS = 0.2
"""While somebody writes: how long a stream may pause for another's prompt."""
FIRST_STEP = 64
LEAST_STEP = 16
ROOM_TO_WRITE = 64
"""Cells that must be free beside those for a prompt before it is begun: else it would soon give way again."""
# A request waits for another's reading only if that spares it so many tokens.
_WORTH_WAITING = 32


@dataclass(slots=True, eq=False)
class Running:
    """A request that has been taken. `unread` are the tokens to be evaluated next; `sequence` is None while it waits.

    `prompt` is what must be held before it can go on: the prompt, or that with what it had written when it gave way.
    """

    id: int
    prompt: Sequence[int]
    prompt_tokens: int
    generation: Generation
    steps: Iterator[Step]
    began: float
    sequence: int | None = None
    cached: int = 0
    unread: list[int] = field(default_factory=list)
    reading: bool = True  # its prompt, in contrast to what it writes itself
    first: float = 0.0  # when its prompt had been read


Report = Callable[[Running, "Step | Usage | Measured"], None]
Fail = Callable[[Running, Exception], None]


class Scheduler:
    """`report` is given the events of each answer, its `Usage` last; `fail` the exception that ended one."""

    def __init__(self, context: Context, cache: Cache, *, report: Report, fail: Fail) -> None:
        self._context = context
        self._cache = cache
        self._report = report
        self._fail = fail
        self._batch = Batch(context.batch)
        self._running: list[Running] = []
        self._read_step = FIRST_STEP  # tokens of a step in which nobody writes
        self._write_step = FIRST_STEP

    @property
    def running(self) -> Sequence[Running]:
        """The requests that have been taken and have not ended, the oldest first."""
        return self._running

    def add(self, identity: int, prompt: Sequence[int], generation: Generation) -> None:
        """Take a request."""
        self._running.append(Running(identity, prompt, len(prompt), generation, generation.steps(), time.monotonic()))

    def cancel(self, running: Running) -> None:
        """Nobody wants it any more: its cells are free at once."""
        self._end(running, keep=False)

    def step(self) -> None:
        """Evaluate one batch and let those go on whose tokens were read. Call while something is running."""
        for running in list(self._running):
            if running.sequence is None and not self._waits(running):
                self._open(running)
        parts = self._fill()
        if not parts:
            return
        if not self._evaluate():
            return
        for running, count, row in parts:
            assert running.sequence is not None
            self._cache.extend(running.sequence, running.unread[:count])
            del running.unread[:count]
            if not running.unread:
                running.generation.row = row
                self._advance(running)

    def _waits(self, running: Running) -> bool:
        """Whether another request is just reading what this one's prompt begins with."""
        held = self._cache.match(running.prompt)
        for other in self._running:
            if other is running:
                return False
            if other.sequence is None or not other.reading:
                continue
            shared = common_prefix(other.prompt, running.prompt[:-1])
            if shared >= held + _WORTH_WAITING and self._cache.held(other.sequence) < shared:
                return True
        return False

    def _open(self, running: Running) -> None:
        """Gives it a sequence, if there is one and room for what it has to read; else it waits for another's end."""
        if any(other.sequence is not None for other in self._running):
            needed = len(running.prompt) - self._cache.match(running.prompt) + ROOM_TO_WRITE
            if needed > self._cache.room:
                return
        opened = self._cache.open(running.prompt)
        if opened is None:
            return
        running.sequence, held = opened
        running.unread = list(running.prompt[held:])
        if not running.first:
            running.cached = held

    def _fill(self) -> list[tuple[Running, int, int]]:
        """Fills the batch; returns who is in it, with how many tokens, and the row of the last one's logits."""
        batch = self._batch
        batch.clear()
        open_ones = [running for running in self._running if running.sequence is not None]
        writing = [running for running in open_ones if not running.reading]
        reading = [running for running in open_ones if running.reading]
        parts = [self._put(running, min(len(running.unread), batch.room)) for running in writing]
        room = min(batch.room, self._write_step if writing else self._read_step)
        # In fair parts; who needs less than its part leaves the rest to the others.
        reading.sort(key=lambda running: len(running.unread))
        for nth, running in enumerate(reading):
            count = min(len(running.unread), max(room // (len(reading) - nth), 1), batch.room)
            if count <= 0:
                break
            parts.append(self._put(running, count))
            room -= count
        return [part for part in parts if part[1]]

    def _put(self, running: Running, count: int) -> tuple[Running, int, int]:
        assert running.sequence is not None
        tokens = running.unread[:count]
        wanted = 1 if count == len(running.unread) and count else 0
        row = self._batch.add(running.sequence, self._cache.held(running.sequence), tokens, wanted)
        return running, count, row

    def _evaluate(self) -> bool:
        """Evaluates the batch; False if there was no room for it, and somebody had to give way."""
        began = time.monotonic()
        while True:
            if not self._cache.make_room(self._batch.count):
                self._give_way()
                return False
            try:
                self._context.decode(self._batch)
                break
            except NoRoomError:  # free cells may lie apart from each other
                if not self._cache.give_up():
                    self._give_way()
                    return False
        self._learn(time.monotonic() - began)
        return True

    def _give_way(self) -> None:
        """The youngest lets go of its cells, and reads again later what it had."""
        youngest = next(r for r in reversed(self._running) if r.sequence is not None)
        assert youngest.sequence is not None
        tokens = self._cache.tokens(youngest.sequence)
        self._cache.drop(youngest.sequence)
        youngest.sequence, youngest.reading = None, True
        youngest.prompt = [*tokens, *youngest.unread]

    def _learn(self, seconds: float) -> None:
        """How many tokens a step may have, by how long this one took."""
        writing = any(not running.reading for running in self._running if running.sequence is not None)
        count = self._batch.count
        if writing and count > LEAST_STEP:
            self._write_step = next_step(count, seconds, WRITE_SECONDS, self._batch.size)
        elif not writing and count >= min(self._read_step, LEAST_STEP):
            self._read_step = next_step(count, seconds, READ_SECONDS, self._batch.size)

    def _advance(self, running: Running) -> None:
        """Its tokens were read: it goes on until it has others."""
        running.reading = False
        running.first = running.first or time.monotonic()
        try:
            for step in running.steps:
                if isinstance(step, list):
                    running.unread = step
                    return
                self._report(running, step)
        except Exception as error:
            self._end(running, keep=True)
            self._fail(running, error)
            return
        self._end(running, keep=True)
        now = time.monotonic()
        self._report(
            running,
            Measured(
                prefilled=running.prompt_tokens - running.cached,
                prefill_seconds=running.first - running.began,
                generated=running.generation.written,
                generation_seconds=now - running.first,
            ),
        )
        self._report(
            running,
            Usage(
                input=running.prompt_tokens - running.cached,
                cache_read=running.cached,
                output=running.generation.written,
                reasoning=running.generation.reasoned,
            ),
        )

    def _end(self, running: Running, *, keep: bool) -> None:
        self._running.remove(running)
        running.generation.close()
        if running.sequence is not None:
            if keep:
                self._cache.leave(running.sequence)
            else:
                self._cache.drop(running.sequence)
            running.sequence = None


def next_step(count: int, seconds: float, aim: float, most: int) -> int:
    """Tokens of the next step, after `count` of them took `seconds`, so that it takes about `aim`."""
    within = int(count * aim / max(seconds, 1e-6))
    return max(LEAST_STEP, min(most, within, 4 * count))
