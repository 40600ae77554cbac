"""The loop that answers a request: read the prompt, choose tokens, release text and calls. Worker only."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence

from agent_models.completion import (
    CompletionRequest,
    Event,
    Stop,
    StopReason,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
    Usage,
)
from agent_models.engine import tool_calls
from agent_models.engine.grammar import Constraints, constraints
from agent_models.engine.model import Model, next_step
from agent_models.engine.prompt import overflow
from agent_models.engine.protocol import Measured
from agent_models.engine.released_text import ReleasedText
from agent_models.engine.sampling import Grammar, GrammarError, Sampler
from agent_models.engine.schema_rules import fits
from agent_models.errors import UnsupportedRequestError

DEFAULT_ANSWER = 2048
"""The longest answer in tokens when the caller names no limit: a small model that rambles must end."""
MOST_CALLS = 16
_OPEN, _CLOSE = tool_calls.OPEN.encode(), tool_calls.CLOSE.encode()
_LONGEST_PERIOD, _LOOP_TOKENS, _LOOP_REPEATS = 64, 192, 12


class CancelledError(Exception):
    """The caller no longer wants the answer."""


class Generation:
    """One answer. `checkpoint` is called between steps and may raise to end it.

    Raises ContextOverflowError or UnsupportedRequestError before anything is evaluated.
    """

    def __init__(
        self, model: Model, request: CompletionRequest, prompt: Sequence[int], checkpoint: Callable[[], None]
    ) -> None:
        self._model, self._request, self._prompt, self._checkpoint = model, request, prompt, checkpoint
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
        self._cached = 0
        self.measured: Measured | None = None

    def events(self) -> Iterator[Event]:
        """The answer's events: text and calls, one `Stop`, then `Usage`."""
        sampler = Sampler(self._model, self._request, self._limit)
        try:
            # The grammars first: what llama.cpp does not take is refused before any work is done.
            for gbnf in (self._constraints.call, self._constraints.start):
                self._follow(gbnf)
            began = time.monotonic()
            self._cached = self._model.keep_prefix(self._prompt)
            self._read(self._prompt[self._cached :])
            read = time.monotonic()
            reason = yield from self._answer(sampler)
            yield Stop(reason)
            self.measured = Measured(
                prefilled=len(self._prompt) - self._cached,
                prefill_seconds=read - began,
                generated=len(self._output),
                generation_seconds=time.monotonic() - read,
            )
            yield Usage(input=len(self._prompt) - self._cached, cache_read=self._cached, output=len(self._output))
        except GrammarError as error:
            raise UnsupportedRequestError(
                f"The local model cannot be held to the schema asked for: {error}.",
                param="response_format" if self._constraints.start else "tools",
            ) from None
        finally:
            sampler.close()
            self._follow(None)

    def _answer(self, sampler: Sampler) -> Generator[Event, None, StopReason]:
        if self._constraints.call_first:
            self._write(self._model.tokens(tool_calls.OPEN, special=True))
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
                self._write(self._up_to_marker(token, raw))
                return (yield from self._call(sampler))
            self._write([token])
            if released.stopped is not None:
                return "stop"
            if loops(self._output):
                break
        if text := released.finish():
            yield TextDelta(text, tuple(logprobs))
        return reason

    def _call(self, sampler: Sampler) -> Generator[Event, None, StopReason]:
        """Writes calls from just behind an opening marker on; every one comes out whole or not at all."""
        self._follow(self._constraints.call)
        raw = bytearray()
        while len(self._output) < self._limit:
            token = self._next(sampler)
            if token is not None:
                raw += self._model.piece(token)
                self._write([token])
                if not raw.endswith(_CLOSE):
                    if loops(self._output):
                        return "length"
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

    def _check(self, call: ToolCallDelta) -> None:
        validator = self._constraints.checks.get(call.name or "")
        if validator is not None and not fits(validator, json.loads(call.arguments)):
            raise UnsupportedRequestError(
                f"The model's call of '{call.name}' breaks a rule of its schema that no grammar could express.",
                param="tools",
            )

    def _next(self, sampler: Sampler) -> int | None:
        """The next token, not yet evaluated; None at the answer's end."""
        self._checkpoint()
        token = sampler.sample(self._grammar)
        if token in self._model.ends:
            return None
        if self._grammar is not None:
            self._grammar.accept(token)
        return token

    def _write(self, tokens: Sequence[int]) -> None:
        """Counts the tokens as the answer's and evaluates them, unless they end it."""
        self._output += tokens
        if len(self._output) < self._limit:
            self._read(tokens)

    def _read(self, tokens: Sequence[int]) -> None:
        start = 0
        while start < len(tokens):
            self._checkpoint()
            step = self._model.step
            began = time.monotonic()
            self._model.evaluate(tokens[start : start + step])
            start += step
            if start <= len(tokens) and step > 1:  # a whole step, so that its time tells something
                self._model.step = next_step(step, time.monotonic() - began)

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
