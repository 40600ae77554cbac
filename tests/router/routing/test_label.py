"""Labels: what a family asks, in words that leak nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.label import instruction_words, label
from agent_router.routing.mask import mask


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Summarize the email from Ann in 3 sentences", "summarize the email from … in … sentences"),
        ("Resume el correo de Ana en 3 frases", "resume el correo de … en … frases"),
        ("Übersetze „Guten Tag“ ins Englische", "übersetze … ins englische"),
        ("总结2026年11月27日的邮件", "总结 … 的 邮件"),
        ("请帮我把这封邮件翻译成英文", "请 帮我 把 这封 邮件 翻译成 英文"),
        ("王小明住北京", "…"),
        ("hunter2 swordfish", "…"),
        ("", ""),
    ],
)
def test_only_common_words_are_said(text: str, said: str) -> None:
    assert label(mask(text, 12)) == said


def test_each_language_has_enough_words() -> None:
    assert len(instruction_words()) > 1000
    for word in ("summarize", "resumen", "zusammenfassung", "traduis", "resuma", "सारांश", "لخص", "翻译"):
        assert word in instruction_words()


@given(st.text(max_size=300))
def test_no_other_word_ever_appears(text: str) -> None:
    said = label(mask(text, 12))
    assert set(said.split()) <= instruction_words() | {"…"}
    assert len(said) <= 82
