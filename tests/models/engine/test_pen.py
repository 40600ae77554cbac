from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from agent_models.engine.model import Model
from agent_models.engine.pen import Pen, loops
from tests.models.engine.asking import ask, desk


@pytest.fixture
def pen(model: Model) -> Iterator[Pen]:
    marks = frozenset(token for token in model.special if model.text(token) == "<|im_start|>")
    pen = Pen(model, desk(model).context, ask(), 20, marks)
    yield pen
    pen.close()


def test_what_is_written_is_counted_and_read_up_to_the_limit(pen: Pen) -> None:
    assert list(pen.write([1, 2])) == [[1, 2]]
    assert list(pen.write([])) == []
    assert not pen.stuck()
    rest = list(range(3, 21))
    assert list(pen.write(rest)) == []  # nothing comes behind them, so nobody has to read them
    assert pen.output == [1, 2, *rest]
    assert pen.stuck()


def test_a_token_is_cut_where_a_mark_ends(pen: Pen, model: Model) -> None:
    (token,) = [t for t in range(model.vocabulary_size) if model.piece(t) == b"call>\n{"]
    whole: list[Any] = list(pen.write_up_to(token, 0))
    assert whole == [[token]]
    (cut,) = pen.write_up_to(token, 2)
    assert isinstance(cut, list)
    assert b"".join(map(model.piece, cut)) == b"call>"


def test_control_tokens_are_seen_only_where_they_mean_something(pen: Pen, model: Model) -> None:
    seen = {model.text(token): pen.visible(token) for token in model.special}
    assert seen["<|im_start|>"] == b"<|im_start|>"
    assert seen["<|endoftext|>"] == b""
    assert pen.visible(65) == model.piece(65)


def test_loops() -> None:
    assert loops([1, 2, 3] * 80)
    assert not loops(list(range(320)))
