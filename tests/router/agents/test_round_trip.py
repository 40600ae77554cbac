"""One real round trip in each dialect, and what is said when it fails."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import get_args

import pytest

from agent_router.agents.agent import Pointed, Wire
from agent_router.agents.round_trip import RoundTripError, round_trip
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream


def pointed(url: str, wire: Wire) -> Pointed:
    return Pointed(f"{url}/v1" if wire in ("chat", "responses") else url, "k", "auto", None)


@pytest.mark.parametrize("wire", get_args(Wire))
async def test_every_dialect_is_answered_by_the_model_that_it_says(wire: Wire, tmp_path: Path) -> None:
    async with ScriptedUpstream() as upstream:
        settings = {"upstreams": {"work": {"base_url": upstream.base_url, "models": ["gpt-5.4"]}}}
        async with running_router(tmp_path, settings) as (url, _):
            answer = await asyncio.to_thread(round_trip, wire, pointed(url, wire), "auto")
    assert answer.model == "gpt-5.4"
    assert answer.route == "closed"
    assert answer.reason
    assert answer.text


@pytest.mark.parametrize("wire", get_args(Wire))
@pytest.mark.parametrize(
    ("behaviour", "said"),
    [("status:code=401", "key"), ("status:code=503", "503"), ("cut_after", "broke off|cut|ended|stream")],
)
async def test_a_failure_is_said_in_words(wire: Wire, behaviour: str, said: str, tmp_path: Path) -> None:
    async with ScriptedUpstream(behaviour) as upstream:
        settings = {"upstreams": {"work": {"base_url": upstream.base_url, "models": ["gpt-5.4"]}}}
        async with running_router(tmp_path, settings) as (url, _):
            with pytest.raises(RoundTripError, match=said):
                await asyncio.to_thread(round_trip, wire, pointed(url, wire), "auto")


@pytest.mark.parametrize("wire", get_args(Wire))
async def test_nobody_there_and_somebody_else_there(wire: Wire) -> None:
    with pytest.raises(RoundTripError, match=r"Start it: agent-router serve"):
        await asyncio.to_thread(round_trip, wire, pointed("http://127.0.0.1:1", wire), "auto")
    async with ScriptedUpstream("html") as upstream:
        with pytest.raises(RoundTripError):
            await asyncio.to_thread(round_trip, wire, pointed(upstream.url, wire), "auto")


@pytest.mark.parametrize("wire", get_args(Wire))
async def test_a_page_of_another_server_is_not_shown(wire: Wire) -> None:
    async with ScriptedUpstream("html:status=404") as upstream:
        with pytest.raises(RoundTripError) as raised:
            await asyncio.to_thread(round_trip, wire, pointed(upstream.url, wire), "auto")
    assert "<" not in str(raised.value)
