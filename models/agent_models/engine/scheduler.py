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
from agent_models.engine.hot_prefixes import HotPrefixes
from agent_models.engine.pace import TILE, Pace
from agent_models.engine.pen import Step
from agent_models.engine.prefix_tree import common_prefix
from agent_models.engine.protocol import Adapter, Measured
from agent_models.engine.saved_prefixes import BLOCK
from agent_models.engine.speculation import Lookup, Payoff

_LONG = 1024
"""Tokens, behind which a tile is quicker than half of one token by token."""
ROOM_TO_WRITE = 64
"""Cells that must be free beside those for a prompt before it is begun: else it would soon give way again."""
# A request waits for another's reading only if that spares it so many tokens.
_WORTH_WAITING = 32
# Where a state cannot be cut back, a beginning that others share is kept by itself from so many tokens on, at a
# multiple of as many, so that it can be saved too.
_FORK = BLOCK


@dataclass(slots=True, eq=False)
class Running:
    """A request that has been taken. `unread` are the tokens to be evaluated next; `sequence` is None while it waits.

    `prompt` is what must be held before it can go on: the prompt, or that with what it had written when it gave way.
    """

    id: int
    prompt: Sequence[int]
    prompt_tokens: int
    adapter: Adapter | None
    generation: Generation
    steps: Iterator[Step]
    began: float
    sequence: int | None = None
    cached: int = 0
    unread: list[int] = field(default_factory=list)
    reading: bool = True  # its prompt, in contrast to what it writes itself
    first: float = 0.0  # when its prompt had been read
    guessed: list[int] = field(default_factory=list)
    """Tokens at the end of `unread`, or read behind what it wrote, that it may or may not go on with."""
    lookup: Lookup | None = None
    fork: int = 0
    """Tokens, after which what has been read is kept for others (see `Cache.fork`); 0: nowhere."""


Part = tuple[Running, int, int]
"""Who is in a batch, with how many tokens, and the row of the first logits wanted."""
Report = Callable[[Running, "Step | Usage | Measured"], None]
Fail = Callable[[Running, Exception], None]


class Scheduler:
    """`report` is given the events of each answer, its `Usage` last; `fail` the exception that ended one. `hot`:
    prefixes that are on disk as well."""

    def __init__(
        self, context: Context, cache: Cache, *, report: Report, fail: Fail, hot: HotPrefixes | None = None
    ) -> None:
        self._hot = hot
        self._context = context
        self._cache = cache
        self._report = report
        self._fail = fail
        self._batch = Batch(context.batch)
        self._running: list[Running] = []
        self._adapter: Adapter | None = None
        self.pace = Pace(context.batch)
        self.payoff: Payoff | None = Payoff()
        """Whether guessing ahead pays; None: it is not done."""

    @property
    def running(self) -> Sequence[Running]:
        """The requests that have been taken and have not ended, the oldest first."""
        return self._running

    def add(self, identity: int, prompt: Sequence[int], generation: Generation, adapter: Adapter | None = None) -> None:
        """Take a request, for the model as it is or with an adapter."""
        steps, now = generation.steps(), time.monotonic()
        self._running.append(Running(identity, prompt, len(prompt), adapter, generation, steps, now))

    def cancel(self, running: Running) -> None:
        """Nobody wants it any more: its cells are free at once."""
        self._end(running, keep=False)

    def step(self) -> None:
        """Evaluate one batch and let those go on whose tokens were read. Call while something is running."""
        for running in list(self._running):
            if running.sequence is not None:
                continue
            if running.adapter != self._adapter:
                # A batch has one adapter: those that run end first, and nobody who came later goes before.
                if any(other.sequence is not None for other in self._running):
                    break
                self._adapter = running.adapter
                self._context.adapt(running.adapter)
            if not self._waits(running):
                self._open(running)
        parts = self._fill()
        if not parts:
            return
        if not self._evaluate(parts):
            return
        for running, count, row in parts:
            assert running.sequence is not None
            self._cache.extend(running.sequence, running.unread[:count])
            del running.unread[:count]
            if running.fork and self._cache.held(running.sequence) == running.fork:
                self._cache.fork(running.sequence)
                running.fork = 0
            if not running.unread:
                running.generation.row = row
                self._advance(running)

    def _waits(self, running: Running) -> bool:
        """Whether another request is just reading what this one's prompt begins with."""
        held = self._cache.match(running.prompt, running.adapter)
        for other in self._running:
            if other is running:
                return False
            if other.sequence is None or not other.reading:
                continue
            shared = common_prefix(other.prompt, running.prompt[:-1])
            if self._cache.whole_only:
                shared = shared // _FORK * _FORK
                if self._cache.held(other.sequence) < shared:
                    other.fork = max(other.fork, shared)
            if shared >= held + _WORTH_WAITING and self._cache.held(other.sequence) < shared:
                return True
        return False

    def _open(self, running: Running) -> None:
        """Gives it a sequence, if there is one and room for what it has to read; else it waits for another's end."""
        if any(other.sequence is not None for other in self._running):
            needed = len(running.prompt) - self._cache.match(running.prompt, running.adapter) + ROOM_TO_WRITE
            if needed > self._cache.room:
                return
        hot = self._hot if running.adapter is None else None
        if hot is not None:
            hot.bring(running.prompt)
        # Before it is opened, because then it would be what holds most.
        shared = self._cache.shared(running.prompt[:-1], running.adapter) if self._cache.whole_only else 0
        opened = self._cache.open(running.prompt, running.adapter)
        if opened is None:
            return
        running.sequence, found = opened
        held = self._whole_tile(running, running.sequence, found)
        running.unread = list(running.prompt[held:])
        if shared // _FORK * _FORK >= held + _FORK:
            running.fork = shared // _FORK * _FORK
        if not running.first:
            running.cached = held
            if hot is not None:
                hot.used(running.prompt, found)

    def _whole_tile(self, running: Running, sequence: int, held: int) -> int:
        """Reads a few tokens again where a whole tile is quicker than what is left of one; returns how many it still
        holds."""
        left = len(running.prompt) - held
        again = TILE - left
        if not self._context.tiled or not TILE // 2 <= left < TILE or held - again < _LONG or self._cache.whole_only:
            return held
        self._cache.cut(sequence, held - again)
        return held - again

    def _fill(self) -> list[Part]:
        """Fills the batch."""
        batch = self._batch
        batch.clear()
        open_ones = [running for running in self._running if running.sequence is not None]
        writing = [running for running in open_ones if not running.reading]
        reading = [running for running in open_ones if running.reading]
        parts = [self._put(running, min(len(running.unread), batch.room)) for running in writing]
        room = min(batch.room, self.pace.room(writing=bool(writing)))
        # In fair parts; who needs less than its part leaves the rest to the others.
        reading.sort(key=lambda running: len(running.unread))
        for nth, running in enumerate(reading):
            count = min(len(running.unread), max(room // (len(reading) - nth), 1), batch.room)
            if running.fork and running.sequence is not None:
                count = min(count, running.fork - self._cache.held(running.sequence))
            if count <= 0:
                break
            parts.append(self._put(running, count))
            room -= count
        return [part for part in parts if part[1]]

    def _put(self, running: Running, count: int) -> Part:
        assert running.sequence is not None
        tokens = running.unread[:count]
        # Behind each guess it would go on choosing, and in any case behind what it wrote itself.
        wanted = 1 + len(running.guessed) if count == len(running.unread) and count else 0
        row = self._batch.add(running.sequence, self._cache.held(running.sequence), tokens, wanted)
        return running, count, row

    def _evaluate(self, parts: Sequence[Part]) -> bool:
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
        self._learn(parts, time.monotonic() - began)
        return True

    def _guess(self, running: Running) -> None:
        """Puts guesses behind what it wrote, if it is alone and they pay. Recurrent models cannot take them back."""
        if self.payoff is None or len(self._running) > 1 or self._cache.whole_only:
            return
        count = min(self.payoff.guesses(), running.generation.left)
        if not count:
            return
        if running.lookup is None:
            assert running.sequence is not None
            running.lookup = Lookup([*self._cache.tokens(running.sequence), *running.unread])
        running.guessed = running.lookup.guess(count)
        running.unread += running.guessed

    def _take_back(self, running: Running) -> None:
        """What was guessed wrongly was never there."""
        if running.guessed and running.sequence is not None:
            self._cache.cut(running.sequence, self._cache.held(running.sequence) - len(running.guessed))
        running.guessed = []

    def _give_way(self) -> None:
        """The youngest lets go of its cells, and reads again later what it had."""
        youngest = next(r for r in reversed(self._running) if r.sequence is not None)
        assert youngest.sequence is not None
        tokens = self._cache.tokens(youngest.sequence)
        youngest.unread = youngest.unread[: len(youngest.unread) - len(youngest.guessed)]
        youngest.guessed = []
        self._cache.drop(youngest.sequence)
        youngest.sequence, youngest.reading = None, True
        youngest.prompt = [*tokens, *youngest.unread]

    def _learn(self, parts: Sequence[Part], seconds: float) -> None:
        """How many tokens a step may have, by how long this one took."""
        writing = any(not running.reading for running, _, _ in parts)
        if self.payoff is not None and writing and len(self._running) == 1:
            self.payoff.step(self._batch.count, seconds)
        self.pace.learn(sum(count for running, count, _ in parts if running.reading), seconds, writing=writing)

    def _advance(self, running: Running) -> None:
        """Its tokens were read: it goes on until it has others."""
        running.reading = False
        running.first = running.first or time.monotonic()
        right: list[int] = []
        try:
            for step in running.steps:
                if not isinstance(step, list):
                    self._report(running, step)
                elif running.guessed and step == running.guessed[:1]:
                    right.append(running.guessed.pop(0))  # it is read already
                    running.generation.row += 1
                else:
                    self._check(running, right)
                    running.unread = step
                    if running.lookup is not None:
                        running.lookup.extend([*right, *step])
                    self._guess(running)
                    return
            self._check(running, right)
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

    def _check(self, running: Running, right: list[int]) -> None:
        """It chose these of what was guessed, and goes on otherwise."""
        guesses = len(right) + len(running.guessed)
        if guesses and self.payoff is not None:
            self.payoff.checked(guesses, len(right))
        self._take_back(running)

    def _end(self, running: Running, *, keep: bool) -> None:
        self._running.remove(running)
        running.generation.close()
        self._take_back(running)
        if running.sequence is not None:
            if keep:
                self._cache.leave(running.sequence)
            else:
                self._cache.drop(running.sequence)
            running.sequence = None
