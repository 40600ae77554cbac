"""Pins."""

from __future__ import annotations

from msgspec import structs

from agent_router.routing.guards.pins import Pins
from agent_router.routing.standing import Standing
from tests.router.routing.bodies import made

HEARTBEAT = made("[OpenClaw heartbeat poll]", {b"user-agent": b"OpenClaw/1"})[0]


def test_nothing_is_pinned_by_itself() -> None:
    assert Pins({}).route(HEARTBEAT) is None


def test_families_by_name_pattern_and_beginning() -> None:
    assert Pins({"heartbeat-*": "local"}).route(HEARTBEAT) == ("local", "family is pinned local")
    assert Pins({HEARTBEAT.family.name: "closed"}).route(HEARTBEAT) == ("closed", "family is pinned closed")
    assert Pins({"Translate this": "local"}).route(made("translate this: a")[0]) == ("local", "family is pinned local")


def test_agents() -> None:
    assert Pins({"agent:OpenClaw": "closed"}).route(HEARTBEAT) == ("closed", "agent openclaw is pinned closed")
    assert Pins({"agent:aider": "closed"}).route(HEARTBEAT) is None


def test_the_hand_goes_before_the_file_and_families_before_agents() -> None:
    pins = Pins({"agent:openclaw": "closed", "heartbeat-*": "local"})
    assert pins.route(HEARTBEAT) == ("local", "family is pinned local")
    known = Standing(model="m", seen=1, fresh=1, mean=0.5, lower=0.1, upper=0.9, score=0.4, evidence=1, pin="closed")
    assert pins.route(structs.replace(HEARTBEAT, standing=known)) == ("closed", "family is pinned closed")
