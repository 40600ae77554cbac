"""The page of one request."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from agent_dashboards.addresses import call_address
from agent_telemetry.live import Running
from agent_telemetry.outcome import Outcome
from agent_telemetry.trial import Trial
from tests.dashboards.page_text import PageText

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site

DECISION = (
    '{"verified":"schema","held_ms":12.0,"rung":"canary","threshold":0.9,"seen":31,"mean":0.93,"lower":0.85,'
    '"upper":0.97,"evidence":24.5}'
)


async def page(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status
        return PageText(await answer.text()).text


async def get(client: aiohttp.ClientSession, path: str) -> Any:
    async with client.get(path) as answer:
        assert answer.status == 200
        return await answer.json()


@pytest.fixture
def explained(site: Site) -> Site:
    """A request whose local answer was refused, and its agent's own row of it."""
    figures = {"input": 1200, "cache_read": 5400, "cache_write": 800, "output": 640}
    call = site.row(
        "aa01", agent="openclaw", session="s/1", family="title-1", model="closed-5", provider="openai", place="hosted",
        route="closed", reason="canary: 0.93 on 24 outcomes; local answer refused: schema", decision=DECISION,
        cache_write_1h=300, reasoning=120, first_byte_ms=1260.0, latency_ms=2840.0, billed=1234, attempts=2,
        price_source="genai-prices", price_version="1", **figures,
    )  # fmt: skip
    site.record(call, site.row("ab02"), site.row("aa0101", agent="other"))
    attempt = Trial(call="aa01", time=call.time + timedelta(seconds=0.8), purpose="attempt", provider="local",
                    model="pocket", problem="schema", output=9, seconds=0.4)  # fmt: skip
    site.ledger.record(attempt)
    site.ledger.record(Outcome(call="aa01", time=call.time, route="local", signal="verified", good=0, f1=0.99, f0=0.6))
    own = {"agent": "openclaw", "model": "closed-5", "route": None, "duplicate": "proxy", **figures}
    site.record(site.row("s/1#m<2>", source="openclaw", time=call.time + timedelta(seconds=1), **own))
    site.record(site.row("other", source="openclaw", time=call.time, **own | {"output": 641}))
    return site


async def test_all_that_is_known_of_it(client: aiohttp.ClientSession, explained: Site) -> None:
    text = await page(client, "/requests/aa01")
    for said in (
        "closed-5 answered at a hosted provider",
        "openclaw asked for auto; closed-5 at openai answered (closed, ok).",
        "Why: canary: 0.93 on 24 outcomes; local answer refused: schema.",
        "It took 2.8 s, 1.3 s of it until the first byte",
        "+800 ms pocket at local tried first, and refused: schema",
        "First byte of the answer, after 12 ms held back to be verified",
        "2 attempts were made in all",
        "8,040 tokens",
        "Written to a cache 300 of them for an hour 800",
        "Output 120 of them reasoning 640",
        "Billed what the provider charges $0.0012",
        "Prices: genai-prices, 1",
        "What was learnt of the answer",
        "The same call, told of elsewhere openclaw,",
        "latency_ms 2,840.0 ms",
        "decision.threshold 0.9",
    ):
        assert said.replace(" ", "") in text.replace(" ", ""), said
    found = await get(client, "/api/requests/aa01")
    assert (found["request"]["id"], found["request"]["billed"]) == ("aa01", 0.001234)
    assert [trial["problem"] for trial in found["trials"]] == ["schema"]
    assert [outcome["signal"] for outcome in found["outcomes"]] == ["verified"]
    assert [(row["source"], row["id"]) for row in found["same_call"]] == [("openclaw", "s/1#m<2>")]
    assert [moment["at"] for moment in found["timeline"]] == [0.0, None, 800.0, 1260.0, 2840.0]


async def test_a_row_of_a_log_has_a_page_too(client: aiohttp.ClientSession, explained: Site) -> None:
    address = call_address("openclaw", "s/1#m<2>")
    text = await page(client, address)
    assert "This row is not counted: proxy tells of the same call." in text
    assert "It passed through the router as well" in text
    found = await get(client, f"/api{address}")
    assert [row["id"] for row in found["same_call"]] == ["aa01"]
    assert (await get(client, "/api/requests/s%2F1%23m%3C2%3E"))["request"]["source"] == "openclaw"


@pytest.mark.parametrize(
    "key", ["", ".", "..", "a/../b", "/", "a?b=c&d", "%2F", "ä\u202e\n\t", "x" * 2000, "a b+c", "\\"]
)
async def test_any_key_has_an_address(key: str, client: aiohttp.ClientSession, site: Site) -> None:
    site.record(site.row(key, source="claude", model="open-here"))
    assert "open-here answered" in await page(client, call_address("claude", key))
    assert (await get(client, f"/api{call_address('claude', key)}"))["request"]["id"] == key


async def test_the_beginning_of_an_id_will_do(client: aiohttp.ClientSession, explained: Site) -> None:
    assert "openclaw asked for auto" in await page(client, "/requests/aa01")  # though another begins so
    assert "an unknown agent asked for auto" in await page(client, "/requests/ab")
    assert "Several requests begin with this: " in await page(client, "/requests/aa", 404)


async def test_an_unknown_one_has_none(client: aiohttp.ClientSession, explained: Site) -> None:
    for path in ("/requests/zz", "/requests/%25", "/requests/_", "/requests/aa01?source=claude", "/requests/"):
        assert "There is no such request" in await page(client, path, 404)
    async with client.get("/api/requests/zz") as answer:
        assert answer.status == 404
        assert "no such request" in (await answer.json())["error"]["message"]


async def test_one_that_runs(client: aiohttp.ClientSession, site: Site) -> None:
    running = Running(
        id="r1", time=site.row().time, agent="codex", requested_model="auto", reason="canary", model="open-1"
    )
    site.feed.started(running)
    text = await page(client, "/requests/r1")
    assert "It runs now. This page fills itself when it is done." in text
    assert "Why: canary." in text
    assert (await get(client, "/api/requests/r1"))["request"]["status"] == "running"
    site.feed.finished(site.row("r1", agent="codex"))  # and its row is on its way
    assert "It has just ended" in await page(client, "/requests/r1")
    site.record(site.row("r1", agent="codex"))
    assert "just ended" not in await page(client, "/requests/r1")


async def test_names_and_decisions_are_never_markup(client: aiohttp.ClientSession, site: Site) -> None:
    evil = "<script>alert(1)</script>\"'"
    decision = '{"guard": "<img src=x>", "rung": ["<b>"], "evidence": "x", "mean": 1.0, "lower": 0.5, "upper": 1.0}'
    names = ("agent", "session", "requested_model", "model", "provider", "route", "reason", "error", "price_source")
    site.record(site.row("plain"))
    site.record(site.row("x", family=evil, response_id=evil, decision=decision, **dict.fromkeys(names, evil)))
    site.feed.started(
        Running(id="y", time=site.row().time, agent=evil + "\ud800", model=evil, reason=evil, family=evil)
    )
    clean = 0
    for path in ("/requests/plain", "/requests/x", "/requests/y"):
        async with client.get(path) as answer:
            assert answer.status == 200
            found = PageText(await answer.text())
        clean = clean or found.tags.count("script")
        assert found.tags.count("script") == clean
        assert "img" not in found.tags
        assert found.inline == 0
        await get(client, f"/api{path}")
