"""Tokens of forms."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_dashboards.page_token import LASTS_S, PageTokens


def test_a_token_is_good_for_its_own_form_only() -> None:
    tokens = PageTokens()
    token = tokens.make("/families/title-1/pin")
    assert tokens.holds("/families/title-1/pin", token)
    assert not tokens.holds("/families/title-1/forget", token)
    assert not tokens.holds("/families/title-2/pin", token)


def test_a_token_of_another_process_is_none() -> None:
    assert not PageTokens().holds("/a", PageTokens().make("/a"))


def test_a_token_ends() -> None:
    now = [1_000_000.0]
    tokens = PageTokens(lambda: now[0])
    token = tokens.make("/a")
    now[0] += LASTS_S - 1
    assert tokens.holds("/a", token)
    now[0] += 1
    assert not tokens.holds("/a", token)


def test_its_end_cannot_be_put_off() -> None:
    tokens = PageTokens()
    until, _, mac = tokens.make("/a").partition(".")
    assert not tokens.holds("/a", f"{int(until, 16) + 1:x}.{mac}")
    assert not tokens.holds("/a", f"0{until}.{mac}")


@given(st.text(), st.text())
def test_anything_else_is_no_token(action: str, token: str) -> None:
    tokens = PageTokens()
    assert not tokens.holds(action, token)
    assert tokens.holds(action, tokens.make(action))
