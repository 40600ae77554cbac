"""Choosing the next token: llama.cpp's own sampler chain, a grammar, and log-probabilities. Worker only."""

from __future__ import annotations

import ctypes
import secrets
from typing import Any

import llama_cpp as llama
import numpy as np

from agent_models.completion import CompletionRequest, TokenLogprob, TopLogprob
from agent_models.engine.confidence import Confidence
from agent_models.engine.context import Context
from agent_models.engine.model import Model

TEMPERATURE = 0.7
"""When neither the caller nor the file says one: small quantised models ramble at 1.0."""
TOP_P = 0.95
# llama.cpp's own cuts of the improbable tail, which small models need at any temperature.
TOP_K = 40
MIN_P = 0.05
_RANDOM_SEED = 0xFFFFFFFF  # llama.cpp takes this one to mean "draw a seed"


class GrammarError(ValueError):
    """llama.cpp does not take the grammar, or it leaves the model no token."""


class Grammar:
    """A GBNF grammar that is being followed, token by token. `marks`: control tokens that it may be made of."""

    def __init__(self, model: Model, gbnf: str, marks: frozenset[int] = frozenset()) -> None:
        self.marks = marks
        self._sampler = llama.llama_sampler_init_grammar(model.vocabulary, gbnf.encode(), b"root")
        if not self._sampler:
            raise GrammarError("llama.cpp does not take the grammar, which may contain itself")
        self._one = (llama.llama_token_data * 1)()

    def allows(self, token: int) -> bool:
        """Whether the token may come next."""
        self._one[0] = llama.llama_token_data(id=token, logit=1.0, p=0.0)
        array = llama.llama_token_data_array(data=self._one, size=1, selected=-1, sorted=False)
        llama.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return bool(self._one[0].logit != -np.inf)

    def restrict(self, array: Any) -> None:
        """Sets the logit of every token that may not come next to minus infinity."""
        llama.llama_sampler_apply(self._sampler, ctypes.byref(array))

    def accept(self, token: int) -> None:
        """Moves on by a token that is allowed (any other would abort the process)."""
        llama.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        """Frees the grammar."""
        if self._sampler:
            llama.llama_sampler_free(self._sampler)
            self._sampler = None


class StrictUtf8:
    """Which tokens a constrained answer may not take, because what they spell is not what the grammar saw.

    Control tokens vanish from an answer's text; and llama.cpp's grammars read over-long and surrogate
    encodings as characters, which a strict decoder does not.
    """

    # After this first byte, the second must not be in this range.
    _NARROW = {0xE0: (0x80, 0x9F), 0xED: (0xA0, 0xBF), 0xF0: (0x80, 0x8F), 0xF4: (0x90, 0xBF)}  # noqa: RUF012
    _NEVER = frozenset([0xC0, 0xC1, *range(0xF5, 0x100)])

    def __init__(self, model: Model) -> None:
        self._model = model
        self._last = b""

    def barred(self) -> frozenset[int]:
        """The tokens that may not come next."""
        always: frozenset[int]
        by_first: dict[int, list[int]]
        always, by_first = self._model.remember("strict_utf8", self._survey)
        narrow = self._NARROW.get(self._last[0]) if self._last else None
        if narrow is None:
            return always
        return always.union(*(by_first.get(byte, ()) for byte in range(narrow[0], narrow[1] + 1)))

    def accept(self, token: int) -> None:
        """Takes the chosen token."""
        self._last = self._model.piece(token)[-1:] or self._last

    def _survey(self) -> tuple[frozenset[int], dict[int, list[int]]]:
        always = set(self._model.special - self._model.ends)
        by_first: dict[int, list[int]] = {}
        for token in range(self._model.vocabulary_size):
            piece = self._model.piece(token)
            if any(
                byte in self._NEVER or _within(following, self._NARROW.get(byte))
                for byte, following in zip(piece, [*piece[1:], 0], strict=True)
            ):
                always.add(token)
            if piece and 0x80 <= piece[0] <= 0xBF:
                by_first.setdefault(piece[0], []).append(token)
        return frozenset(always), by_first


def _within(byte: int, bounds: tuple[int, int] | None) -> bool:
    return bounds is not None and bounds[0] <= byte <= bounds[1]


class Sampler:
    """Samples one answer's tokens, each from the logits in `row` of the batch that was evaluated last. `limit` is the
    longest answer in tokens."""

    def __init__(self, model: Model, context: Context, request: CompletionRequest, limit: int) -> None:
        self.row = -1
        self._model = model
        self._context = context
        self._chain = _chain(model, request, limit)
        self._greedy = llama.llama_sampler_chain_n(self._chain) == 1 and _temperature(model, request) <= 0
        # One step after the other writes here: all answers share them.
        self._rows, self._ids, buffer = model.remember("sampling", lambda: _room(model.vocabulary_size))
        self._utf8 = StrictUtf8(model)
        self.confidence = Confidence(buffer)
        self.ending = False
        """Within a grammar: take the way to its end wherever there is one."""

    def sample(self, grammar: Grammar | None) -> int:
        """The next token, after which the context's logits are those of the position before it.

        Raises GrammarError when no token is allowed.
        """
        logits = self._context.logits(self.row)
        likeliest = grammar is None and self._greedy  # for this, llama.cpp would first copy the whole vocabulary
        token = int(logits.argmax()) if likeliest else self._sample(grammar)
        self.confidence.note(logits, token, likeliest=likeliest)
        return token

    def _sample(self, grammar: Grammar | None) -> int:
        if grammar is None:
            return int(llama.llama_sampler_sample(self._chain, self._context.handle, self.row))
        # Trying the free choice first spares testing the whole vocabulary against the grammar.
        token = self._way_out(grammar) if self.ending else None
        if token is None:
            token = self._choose(self._fill())
        barred = self._utf8.barred()
        if (token in barred and token not in grammar.marks) or not grammar.allows(token):
            array = self._fill()
            self._rows["logit"][list(barred - grammar.marks)] = -np.inf
            grammar.restrict(array)
            if not np.isfinite(self._rows["logit"]).any():
                raise GrammarError("its vocabulary has no token for what must come next")
            token = self._choose(array)
        llama.llama_sampler_accept(self._chain, token)
        self._utf8.accept(token)
        return token

    def _way_out(self, grammar: Grammar) -> int | None:
        """The token that ends the innermost string, object or array, if it may come next."""
        return next(
            (token for token in self._model.remember("ways_out", self._ways_out) if grammar.allows(token)), None
        )

    def _ways_out(self) -> list[int]:
        tokens = {self._model.piece(token): token for token in range(self._model.vocabulary_size)}
        return [tokens[piece] for piece in (b'"', b"}", b"]") if piece in tokens]

    def _fill(self) -> Any:
        self._rows["id"] = self._ids
        self._rows["logit"] = self._context.logits(self.row)
        self._rows["p"] = 0
        data = self._rows.ctypes.data_as(llama.llama_token_data_p)
        return llama.llama_token_data_array(data=data, size=len(self._rows), selected=-1, sorted=False)

    def _choose(self, array: Any) -> int:
        llama.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def logprob(self, token: int, alternatives: int) -> TokenLogprob:
        """The token's probability by the model's raw logits, before temperature, cuts and grammar."""
        logits = self._context.logits(self.row).astype(np.float64)
        peak = float(logits.max())
        total = peak + float(np.log(np.exp(logits - peak).sum()))
        count = min(alternatives, len(logits))
        best = np.argpartition(-logits, count - 1)[:count] if count else np.array([], dtype=np.int64)
        ordered = sorted(best.tolist(), key=lambda candidate: -logits[candidate])
        top = tuple(TopLogprob(*self._spelt(other, logits, total)) for other in ordered)
        return TokenLogprob(*self._spelt(token, logits, total), top=top)

    def _spelt(self, token: int, logits: Any, total: float) -> tuple[str, float, tuple[int, ...]]:
        piece = self._model.piece(token)
        return piece.decode("utf-8", "replace"), float(logits[token] - total), tuple(piece)

    def close(self) -> None:
        """Frees the chain."""
        if self._chain:
            llama.llama_sampler_free(self._chain)
            self._chain = None


def _room(size: int) -> tuple[Any, Any, Any]:
    rows = np.zeros(size, dtype=[("id", np.int32), ("logit", np.float32), ("p", np.float32)])
    return rows, np.arange(size, dtype=np.int32), np.empty(size, dtype=np.float32)


def _chain(model: Model, request: CompletionRequest, limit: int) -> Any:
    """llama.cpp's chain in the order of `llama_cpp.Llama`, so that the same settings sample the same."""
    chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())

    def add(sampler: Any) -> None:
        llama.llama_sampler_chain_add(chain, sampler)

    if request.logit_bias:
        entries = [llama.llama_logit_bias(token=t, bias=b) for t, b in request.logit_bias.items()]
        biases = (llama.llama_logit_bias * len(entries))(*entries)
        add(llama.llama_sampler_init_logit_bias(model.vocabulary_size, len(entries), biases))
    frequency, presence = request.frequency_penalty or 0.0, request.presence_penalty or 0.0
    if frequency or presence:
        # Over the whole answer, as OpenAI's are.
        add(llama.llama_sampler_init_penalties(model.vocabulary_size, max(limit, 1), 1.0, frequency, presence))
    temperature = _temperature(model, request)
    if temperature <= 0:
        add(llama.llama_sampler_init_greedy())
        return chain
    top_p = request.top_p
    if top_p is None:
        top_p = _number(model.metadata.get("general.sampling.top_p"), TOP_P)
    add(llama.llama_sampler_init_top_k(request.top_k or TOP_K))
    add(llama.llama_sampler_init_top_p(top_p, 1))
    add(llama.llama_sampler_init_min_p(MIN_P, 1))
    add(llama.llama_sampler_init_temp(temperature))
    seed = secrets.randbits(32) if request.seed is None else request.seed & 0xFFFFFFFF
    add(llama.llama_sampler_init_dist(seed if seed != _RANDOM_SEED else 0))
    return chain


def _temperature(model: Model, request: CompletionRequest) -> float:
    if request.temperature is not None:
        return request.temperature
    return _number(model.metadata.get("general.sampling.temp"), TEMPERATURE)


def _number(text: str | None, default: float) -> float:
    try:
        return float(text) if text is not None else default
    except ValueError:
        return default
