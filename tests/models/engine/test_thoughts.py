from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.engine.released_text import ReleasedText
from agent_models.engine.thoughts import Thinking


@given(st.lists(st.text(st.sampled_from(" \na"), max_size=5)))
def test_blanks_go_at_both_ends_and_nowhere_else(parts: list[str]) -> None:
    thinking, released = Thinking(), ReleasedText()
    events = [event for part in parts if (event := thinking.release(part, released))]
    assert "".join(event.text for event in events) == "".join(parts).strip()


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_no_thought_is_no_event(text: str) -> None:
    assert Thinking().release(text, ReleasedText()) is None
