"""Thoughts that the router told do not reach Anthropic."""

from __future__ import annotations

import json

from agent_router.wire.messages.signature import SIGNATURE, without_ours

OURS = {"type": "thinking", "thinking": "t", "signature": SIGNATURE}
THEIRS = {"type": "thinking", "thinking": "t", "signature": "EqQBCg=="}
TEXT = {"type": "text", "text": "about agent-router"}


def test_only_ours_are_left_out() -> None:
    body = {"model": "m", "messages": [{"role": "assistant", "content": [OURS, THEIRS, TEXT]}], "x": 1}
    left = json.loads(without_ours(json.dumps(body).encode()))
    assert left == {"model": "m", "messages": [{"role": "assistant", "content": [THEIRS, TEXT]}], "x": 1}


def test_a_message_of_nothing_else_goes_with_them() -> None:
    body = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": [OURS]}]}
    assert json.loads(without_ours(json.dumps(body).encode())) == {"messages": [{"role": "user", "content": "x"}]}


def test_a_body_without_them_stays_as_it_came() -> None:
    raw = b'{ "messages" : [ {"role":"user","content":"x"} ] }'
    assert without_ours(raw) is raw
