"""The whole loop on real parts: a family earns its place, loses it, and is known again after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent_router.config import LEDGER
from agent_telemetry.explanation import explanations
from tests.router.closed_side import SECRET, ClosedSide, agreeing, heartbeat, house, taught, written


def differing(body: dict[str, Any]) -> str:
    return "Two invoices wait for your approval, and the meeting at noon has moved."


def contents(path: Path) -> list[bytes]:
    """All that is in a folder, in lower case."""
    return [file.read_bytes().lower() for file in path.rglob("*") if file.is_file()]


async def test_a_family_earns_its_place_and_keeps_it_over_a_restart(tmp_path: Path) -> None:
    async with ClosedSide(agreeing).running() as closed:
        async with house(tmp_path, closed, shadow={"audits": 0}) as router:
            routes = await taught(router, 30)
            assert routes[:8] == ["closed"] * 8
            assert routes[-1] == "local"
            text, headers = await router.ask(heartbeat(31))
            assert text == "HEARTBEAT_OK"
            assert headers["x-agent-router-reason"].startswith("earned: ")
            assert headers["x-agent-router-model"] == "local/pocket"
        async with house(tmp_path, closed, shadow={"audits": 0}) as router:
            _, headers = await router.ask(heartbeat(32))
            assert headers["x-agent-router-route"] == "local"
    assert [row[0] for row in written(tmp_path, "SELECT after FROM moves ORDER BY id")][-1] == "local"
    ((rung, requests),) = written(tmp_path, "SELECT rung, requests FROM families")
    assert (rung, requests) == ("local", 32)


async def test_what_the_local_model_gets_wrong_never_becomes_local(tmp_path: Path) -> None:
    async with ClosedSide(differing).running() as closed, house(tmp_path, closed) as router:
        assert set(await taught(router, 60)) == {"closed"}
    assert written(tmp_path, "SELECT rung FROM families") == [("closed",)]
    assert written(tmp_path, "SELECT DISTINCT agree FROM trials WHERE purpose = 'shadow'") == [(0,)]


async def test_nothing_is_tried_where_the_user_does_not_want_it(tmp_path: Path) -> None:
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed, shadow={"enabled": False}) as router:
        assert set(await taught(router, 12)) == {"closed"}
    assert written(tmp_path, "SELECT count(*) FROM trials") == [(0,)]


async def test_what_the_user_lists_as_local_is_asked_of_nobody_else(tmp_path: Path) -> None:
    async with (
        ClosedSide(agreeing).running() as closed,
        house(tmp_path, closed, shadow={"audits": 0.5}, local_families=["heartbeat-*"]) as router,
    ):
        assert set(await taught(router, 20)) == {"local"}
        assert closed.requests == []


async def test_what_is_private_is_asked_of_nobody_else(tmp_path: Path) -> None:
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed, shadow={"audits": 0.5}) as router:
        assert "local" in await taught(router, 30)
        asked = len(closed.requests)
        for number in range(12):
            _, headers = await router.ask(heartbeat(number), headers={"x-agent-router-privacy": "local-only"})
            assert headers["x-agent-router-route"] == "local"
        assert len(closed.requests) == asked


async def test_no_word_of_it_is_on_the_disk(tmp_path: Path) -> None:
    async with ClosedSide(differing).running() as closed, house(tmp_path, closed) as router:
        await taught(router, 12)
        await router.ask(f"Tell {SECRET} that the invoices were approved, please.")
    for content in contents(tmp_path):
        assert SECRET.lower().encode() not in content
        assert b"invoices" not in content


async def test_a_decision_can_be_explained_and_replayed(tmp_path: Path) -> None:
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed) as router:
        await taught(router, 3)
        _, headers = await router.ask(heartbeat(4))
        id = headers["x-agent-router-request-id"]
    (found,) = explanations(tmp_path / LEDGER, id)
    known = found.known
    assert (known["rung"], known["would"], known["explore"], known["seen"]) == ("shadow", "closed", 1.0, 4)
    assert 0 < known["lower"] < known["mean"] < known["upper"] <= 1
    assert known["threshold"] == pytest.approx(0.9)
    assert [len(chain) for chain in known["nodes"]]
    assert found.call.propensity == 1.0
    assert [trial.purpose for trial in found.trials] == ["shadow"]
    assert "agreement" in {outcome.signal for outcome in found.outcomes}


async def test_the_user_s_pin_goes_before_what_was_learnt(tmp_path: Path) -> None:
    pins = {"agent:aider": "closed", "heartbeat-*": "local"}
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed, pins=pins) as router:
        _, headers = await router.ask(heartbeat(1))
        assert (headers["x-agent-router-route"], headers["x-agent-router-reason"]) == (
            "local",
            "family is pinned local",
        )
        _, headers = await router.ask("Why?", headers={"user-agent": "aider/0.9"})
        assert headers["x-agent-router-reason"] == "agent aider is pinned closed"


async def test_a_spent_budget_is_local_or_said(tmp_path: Path) -> None:
    async with ClosedSide(agreeing).running() as closed:
        async with house(tmp_path, closed) as router:
            await router.ask("Why is the sky blue?")
        async with house(tmp_path, closed, budget={"day": 0.000001}) as router:
            _, headers = await router.ask("Why is the sky blue?")
            assert headers["x-agent-router-route"] == "local"
            assert headers["x-agent-router-reason"].startswith("today's budget is spent")
            body = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
            async with router.http.post(f"{router.url}/v1/chat/completions", json=body) as response:
                error = (await response.json())["error"]
            assert (response.status, error["code"]) == (402, "budget_exceeded")
            assert "begins anew on" in error["message"]
