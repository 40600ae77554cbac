"""What is asked of the other side as well, and what an answer leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_router.routing.decision import Decision, Target, Verdict
from tests.router.closed_side import ClosedSide, House, agreeing, heartbeat, house, taught

CLOSED, POCKET = Target("openai", "gpt-5.4"), Target("local", "pocket")


def captured(router: House, verdict: Verdict | None, *, auto: bool = True, expected: float | None = None) -> bool:
    learning = router.app._learning
    assert learning is not None
    targets = (POCKET, CLOSED) if verdict and verdict.route == "local" else (CLOSED,)
    return learning.capture(Decision(targets, "", auto=auto, verdict=verdict, expected=expected), "chat") is not None


async def test_an_answer_is_kept_only_where_the_other_side_is_to_be_asked(tmp_path: Path) -> None:
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed) as router:
        assert captured(router, Verdict("closed", "", explore=1.0))
        assert captured(router, Verdict("local", "", explore=1.0))
        assert not captured(router, Verdict("closed", "", explore=0.0))
        assert not captured(router, Verdict("closed", "", explore=1.0), auto=False)  # the caller named the model
        assert not captured(router, None)  # a guard decided
        assert not captured(router, Verdict("closed", "", explore=1.0), expected=1e6)
        assert captured(router, Verdict("closed", "", explore=1.0), expected=1.0)


async def test_the_dice_decide_as_often_as_they_should(tmp_path: Path) -> None:
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed) as router:
        kept = sum(captured(router, Verdict("closed", "", explore=0.3)) for _ in range(4000))
    assert kept / 4000 == pytest.approx(0.3, abs=0.04)


async def test_what_goes_wrong_in_it_costs_nobody_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed) as router:
        learning = router.app._learning
        assert learning is not None

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("spoilt")

        monkeypatch.setattr(learning._session, "asked", broken)
        monkeypatch.setattr(learning.teacher, "remember", broken)
        text, _ = await router.ask(heartbeat(1), wait=False)
        assert text == "HEARTBEAT_OK"


async def test_a_tool_loop_stays_where_it_began(tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}]
    call = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    begun = [{"role": "user", "content": heartbeat(1)}]
    further = [
        *begun,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "nothing new"},
    ]
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed) as router:
        _, headers = await router.ask("", messages=begun, tools=tools)
        assert headers["x-agent-router-route"] == "closed"
        await taught(router, 30)  # meanwhile the family has become local
        _, headers = await router.ask("", messages=further, tools=tools)
        assert headers["x-agent-router-route"] == "closed"
        assert headers["x-agent-router-reason"] == "the tool loop began there"
