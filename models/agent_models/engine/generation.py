"""What an answer is made of: choose tokens, release text and calls. Worker only.

A generation is written as if it had the model to itself: it chooses a token, hands it out to be read (a list of tokens
among its events), and goes on when that was done. Who else is read in the same batch is the scheduler's business.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence

from agent_models.completion import (
    CompletionRequest,
    Event,
    Stop,
    StopReason,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
)
from agent_models.engine import tool_calls
from agent_models.engine.context import Context
from agent_models.engine.grammar import Constraints, constraints
from agent_models.engine.model import Model
from agent_models.engine.prompt import overflow
from agent_models.engine.released_text import ReleasedText
from agent_models.engine.sampling import Grammar, GrammarError, Sampler
from agent_models.engine.schema_rules import fits
from agent_models.errors import UnsupportedRequestError

DEFAULT_ANSWER = 2048
"""The longest answer in tokens when the caller names no limit: a small model that rambles must end."""
MOST_CALLS = 16
_OPEN, _CLOSE = tool_calls.OPEN.encode(), tool_calls.CLOSE.encode()
_LONGEST_PERIOD, _LOOP_TOKENS, _LOOP_REPEATS = 64, 192, 12


Step = Event | list[int]
"""What a generation hands out: an event for the caller, or tokens to be read before it goes on."""


class Generation:
    """One answer. `row` is where the logits behind its last token are, in the batch that was evaluated last.

    Raises ContextOverflowError or UnsupportedRequestError before anything is evaluated.
    """

    def __init__(self, model: Model, context: Context, request: CompletionRequest, prompt: Sequence[int]) -> None:
        self._model, self._request = model, request
        room = model.window - len(prompt)
        if room <= 0:
            raise overflow(model.window, len(prompt))
        # Agents ask for their closed model's largest answer with every call; it is a bound, not a demand, and an
        # answer that the window cuts short says so: its reason is `length`.
        self._limit = min(request.max_tokens or DEFAULT_ANSWER, room)
        self._constraints: Constraints = constraints(request)
        self._output: list[int] = []
        self._grammar: Grammar | None = None
        self._calls: set[tuple[str | None, str]] = set()
        self._sampler = Sampler(model, context, request, self._limit)
        try:
            # The grammars now: what llama.cpp does not take is refused before any work is done.
            for gbnf in (self._constraints.call, self._constraints.start):
                self._follow(gbnf)
        except GrammarError as error:
            self.close()
            raise self._unsupported(error) from None

    @property
    def written(self) -> int:
        """Tokens of the answer so far."""
        return len(self._output)

    @property
    def left(self) -> int:
        """Tokens that may still be written."""
        return self._limit - len(self._output)

    @property
    def row(self) -> int:
        """See the class."""
        return self._sampler.row

    @row.setter
    def row(self, row: int) -> None:
        self._sampler.row = row

    def steps(self) -> Iterator[Step]:
        """The answer from the moment in which the prompt was read: events, the last of them a `Stop`, and between
        them the tokens to be read."""
        try:
            reason = yield from self._answer(self._sampler)
            yield Stop(reason)
        except GrammarError as error:
            raise self._unsupported(error) from None

    def close(self) -> None:
        """Free what llama.cpp holds for it."""
        self._sampler.close()
        self._follow(None)

    def _unsupported(self, error: GrammarError) -> UnsupportedRequestError:
        return UnsupportedRequestError(
            f"The local model cannot be held to the schema asked for: {error}.",
            param="response_format" if self._constraints.start else "tools",
        )

    def _answer(self, sampler: Sampler) -> Generator[Step, None, StopReason]:
        if self._constraints.call_first:
            yield from self._write(self._model.tokens(tool_calls.OPEN, special=True))
            return (yield from self._call(sampler))
        stops = [*self._request.stop, *([tool_calls.OPEN] if self._constraints.call else [])]
        released = ReleasedText(stops)
        logprobs: list[TokenLogprob] = []
        raw = bytearray()
        reason: StopReason = "length"
        while len(self._output) < self._limit:
            token = self._next(sampler)
            if token is None:
                reason = "stop"
                break
            if self._request.top_logprobs is not None:
                logprobs.append(sampler.logprob(token, self._request.top_logprobs))
            piece = self._visible(token)
            raw += piece
            if text := released.feed(piece):
                yield TextDelta(text, tuple(logprobs))
                logprobs.clear()
                if self._grammar is not None:
                    # An answer that has begun as JSON is no call; the marker may stand in one of its strings.
                    released.forget(tool_calls.OPEN)
            if released.stopped == tool_calls.OPEN and tool_calls.OPEN not in self._request.stop:
                yield from self._write(self._up_to_marker(token, raw))
                return (yield from self._call(sampler))
            yield from self._write([token])
            if released.stopped is not None:
                return "stop"
            if loops(self._output) and not self._end_soon():
                break
        if text := released.finish():
            yield TextDelta(text, tuple(logprobs))
        return reason

    def _call(self, sampler: Sampler) -> Generator[Step, None, StopReason]:
        """Writes calls from just behind an opening marker on; every one comes out whole or not at all."""
        self._follow(self._constraints.call)
        raw = bytearray()
        while len(self._output) < self._limit:
            token = self._next(sampler)
            if token is not None:
                raw += self._model.piece(token)
                yield from self._write([token])
                if not raw.endswith(_CLOSE):
                    if loops(self._output):
                        self._end_soon()
                    continue
            if not raw:
                return "tool_calls"
            call = tool_calls.read(raw.decode(), len(self._calls))
            self._check(call)
            # The same call twice is a model that does not find its end.
            if (call.name, call.arguments) in self._calls:
                return "tool_calls"
            self._calls.add((call.name, call.arguments))
            yield call
            if token is None or not self._constraints.parallel or len(self._calls) >= MOST_CALLS:
                return "tool_calls"
            raw.clear()
            self._follow(self._constraints.further)
        return "length"

    def _end_soon(self) -> bool:
        """A loop inside a grammar is left by the grammar's own ways out, so that what comes out is whole; whether there
        is a grammar. Where it has none, as in a list of 300 zeros that was asked for, the loop was no loop."""
        self._sampler.ending = self._grammar is not None
        return self._sampler.ending

    def _check(self, call: ToolCallDelta) -> None:
        validator = self._constraints.checks.get(call.name or "")
        if validator is not None and not fits(validator, json.loads(call.arguments)):
            raise UnsupportedRequestError(
                f"The model's call of '{call.name}' breaks a rule of its schema that no grammar could express.",
                param="tools",
            )

    def _next(self, sampler: Sampler) -> int | None:
        """The next token, not yet read; None at the answer's end."""
        token = sampler.sample(self._grammar)
        if token in self._model.ends:
            return None
        if self._grammar is not None:
            self._grammar.accept(token)
        return token

    def _write(self, tokens: Sequence[int]) -> Iterator[Step]:
        """Counts the tokens as the answer's and has them read, unless they end it."""
        self._output += tokens
        if len(self._output) < self._limit:
            yield list(tokens)

    def _visible(self, token: int) -> bytes:
        piece = self._model.piece(token)
        return b"" if token in self._model.special and piece not in (_OPEN, _CLOSE) else piece

    def _up_to_marker(self, token: int, raw: bytearray) -> Sequence[int]:
        """The token, cut where the marker ends if it goes on behind it: from there the grammar rules."""
        rest = len(raw) - (raw.rindex(_OPEN) + len(_OPEN))
        if not rest:
            return [token]
        piece = self._model.piece(token)
        return self._model.tokens(piece[: len(piece) - rest].decode("utf-8", "replace"), special=True)

    def _follow(self, gbnf: str | None) -> None:
        if self._grammar is not None:
            self._grammar.close()
        self._grammar = Grammar(self._model, gbnf) if gbnf is not None else None


def loops(tokens: Sequence[int]) -> bool:
    """Whether an answer has ended in a loop: one short run of tokens, over and over (looked at now and then)."""
    if len(tokens) < _LOOP_TOKENS or len(tokens) % 16:
        return False
    for period in range(1, _LONGEST_PERIOD + 1):
        span = max(_LOOP_TOKENS, period * _LOOP_REPEATS)
        if len(tokens) >= span and tokens[-span:-period] == tokens[-span + period :]:
            return True
    return False
