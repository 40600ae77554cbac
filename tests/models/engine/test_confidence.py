"""Figures of confidence against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from agent_models.completion import Signals
from agent_models.engine.confidence import Confidence
from agent_models.engine.model import Model
from tests.models.engine.asking import answer, ask, schema_format


def test_by_definition() -> None:
    chance = np.random.default_rng(1)
    rows = (chance.standard_normal((5, 50)) * 4).astype(np.float32)
    tokens = [3, 0, 49, 7, 7]
    seen = Confidence(np.empty(50, dtype=np.float32))
    assert seen.mean is None
    for row, token in zip(rows, tokens, strict=True):
        seen.note(row, token)
    wide = rows.astype(np.float64)
    logprobs = wide - np.log(np.exp(wide).sum(axis=1, keepdims=True))
    chosen = [logprobs[n, token] for n, token in enumerate(tokens)]
    assert seen.mean == pytest.approx(np.mean(chosen), abs=1e-4)
    assert seen.least == pytest.approx(min(chosen), abs=1e-4)
    assert seen.first_entropy == pytest.approx(-(np.exp(logprobs[0]) * logprobs[0]).sum(), abs=1e-4)


@pytest.mark.parametrize("shift", [0.0, 300.0, -300.0])
def test_however_large_the_logits_are(shift: float) -> None:
    row = (np.random.default_rng(1).standard_normal(500) * 4).astype(np.float32)
    plain, shifted, known = (
        Confidence(np.empty(500, dtype=np.float32)),
        Confidence(np.empty(500, dtype=np.float32)),
        Confidence(np.empty(500, dtype=np.float32)),
    )
    plain.note(row, 3)
    shifted.note(row + np.float32(shift), 3)
    assert shifted.mean == pytest.approx(plain.mean, abs=1e-3)
    assert shifted.first_entropy == pytest.approx(plain.first_entropy, abs=1e-3)
    known.note(row + np.float32(shift), int(row.argmax()), likeliest=True)
    plain.note(row, int(row.argmax()))
    assert plain.mean is not None
    assert known.mean == pytest.approx(2 * plain.mean - plain.least, abs=1e-3)


def test_what_is_impossible_weighs_nothing() -> None:
    seen = Confidence(np.empty(3, dtype=np.float32))
    seen.note(np.array([0.0, -np.inf, 0.0], dtype=np.float32), 0)
    assert seen.mean == pytest.approx(-np.log(2), abs=1e-6)
    assert seen.first_entropy == pytest.approx(np.log(2), abs=1e-6)


def signals_of(model: Model, **fields: object) -> Signals:
    (signals,) = [event for event in answer(model, ask(**fields)) if isinstance(event, Signals)]  # type: ignore[arg-type]
    return signals


def test_each_answer_has_them(model: Model) -> None:
    greedy = signals_of(model, max_tokens=20)
    assert greedy.mean_logprob is not None
    assert greedy.least_logprob is not None
    assert greedy.least_logprob <= greedy.mean_logprob < 0
    assert greedy.first_entropy is not None
    assert 0 < greedy.first_entropy < np.log(model.vocabulary_size)
    assert not greedy.looped
    hot = signals_of(model, max_tokens=20, temperature=2.0, seed=1)
    assert hot.mean_logprob is not None
    assert hot.mean_logprob < greedy.mean_logprob
    assert hot.first_entropy == pytest.approx(greedy.first_entropy, rel=1e-3)


def test_a_loop_is_told(model: Model) -> None:
    letter = next(t for t in range(256) if model.piece(t) == b"a")
    assert signals_of(model, max_tokens=1000, logit_bias={letter: 99.0}).looped
    text = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    assert signals_of(model, max_tokens=1200, output_format=schema_format(text), logit_bias={letter: 99.0}).looped
