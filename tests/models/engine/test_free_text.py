from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_models.completion import TextDelta
from agent_models.engine.free_text import Answer, Found, until
from agent_models.engine.model import Model
from agent_models.engine.pen import Pen
from tests.models.engine.asking import ask, desk
from tests.models.engine.dictation import Dictation

MARKS = ("<think>", "<tool_call>", "STOP")


def _run(model: Model, text: str, *, openers: tuple[str, ...] = (), rest: bytes = b"") -> tuple[str, Found, int]:
    """What came out, what ended it, and how many tokens were read."""
    pen = Pen(model, desk(model).context, ask(), 200, frozenset())
    try:
        with pytest.MonkeyPatch.context() as monkeypatch:
            Dictation(monkeypatch, model, text, split=True)
            answer = Answer(pen, openers)
            writing = until(pen, MARKS, rest, answer.release, answer.note)
            said, read = "", 0
            while True:
                try:
                    step = next(writing)
                except StopIteration as stop:
                    return said, stop.value, read
                if isinstance(step, TextDelta):
                    said += step.text
                else:
                    read += 1
    finally:
        pen.close()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["<th", "ink>", "<", "tool_call>", "STO", "P", "é", " ", "x"]), max_size=8).map("".join)
)
def test_it_ends_at_the_first_mark_and_before_it_everything_comes_out(model: Model, text: str) -> None:
    said, found, read = _run(model, text)
    first = min((mark for mark in MARKS if mark in text), key=text.index, default=None)
    assert found.mark == first
    assert said == (text if first is None else text[: text.index(first)])
    # The last token of a mark is left to the caller.
    assert read == len((text if first is None else text[: text.index(first) + len(first) - 1]).encode())


def test_what_was_written_before_comes_first(model: Model) -> None:
    said, found, _ = _run(model, "k>x", rest=b"so <thin")
    assert (said, found.mark) == ("so ", "<think>")
    said, found, _ = _run(model, "x", rest=b"a<think>b")
    assert (said, found.mark, found.token, found.rest) == ("a", "<think>", None, b"b")


@pytest.mark.parametrize(("text", "mark"), [("<think>x", "<think>"), (" \n<think>x", "<think>"), ("a<think>x", None)])
def test_an_opener_counts_only_at_the_beginning(model: Model, text: str, mark: str | None) -> None:
    said, found, _ = _run(model, text, openers=("<think>",))
    assert found.mark == mark
    assert said == (text if mark is None else text[: text.index(mark)])


def test_the_limit_ends_it(model: Model) -> None:
    said, found, read = _run(model, "".join(itertools.islice(itertools.cycle("abcdefg hijklmnop q"), 300)))
    assert (found.mark, found.reason) == (None, "length")
    assert len(said) == 200
    assert read == 199
