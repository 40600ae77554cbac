"""Names as text: nothing in them disturbs what is around."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_dashboards.shown_name import MOST, name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("qwen3:8b", "qwen3:8b"),
        ("模型 ñ é", "模型 ñ é"),
        ("<script>", "<script>"),  # the template escapes
        ("a\u202egpj.exe", "a\ufffdgpj.exe"),
        ("a\x00b\nc\ud800", "a\ufffdb\ufffdc\ufffd"),
        ("a\u2028b\u2066c", "a\ufffdb\ufffdc"),
        ("", "unknown"),
        (" \n ", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_name(text: str | None, shown: str) -> None:
    assert name(text) == shown


@given(st.text(st.characters(), max_size=400))
def test_any_name_is_short_and_can_be_written(text: str) -> None:
    shown = name(text)
    assert len(shown) <= MOST
    shown.encode()
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert unicodedata.bidirectional(shown[0]) not in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
