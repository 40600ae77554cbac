"""The list of requests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp
import pytest

from agent_telemetry.live import Running
from tests.dashboards.page_text import PageText

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site

EVIL = "<script>alert(1)</script>\"'&=#?/ \t"


async def page(client: aiohttp.ClientSession, path: str, status: int = 200) -> PageText:
    async with client.get(path) as answer:
        assert answer.status == status
        return PageText(await answer.text())


async def ids(client: aiohttp.ClientSession, query: str) -> list[str]:
    async with client.get(f"/api/requests?{query}") as answer:
        assert answer.status == 200
        return [row["id"] for row in (await answer.json())["requests"]]


async def test_an_empty_ledger_says_how_to_begin(client: aiohttp.ClientSession, site: Site) -> None:
    assert f"{site.url}/v1" in (await page(client, "/requests")).text


FILTERS = [
    ("agent=codex", ["b"]),
    ("agent=unknown", ["f", "e", "d", "c", "a"]),
    ("model=closed-5", ["c"]),
    ("provider=openai", ["c"]),
    ("place=lan", ["d"]),
    ("route=closed", ["c"]),
    ("openness=open", ["f", "d", "b", "a"]),
    ("openness=closed&place=hosted", ["c"]),
    ("openness=unknown", ["e"]),
    ("lab=A+lab", ["f", "d", "c", "b", "a"]),
    ("task=title", ["b"]),
    ("family=title-1", ["b"]),
    ("session=s1", ["d"]),
    ("status=error", ["e"]),
    ("source=claude", ["f"]),
    ("source=proxy&status=ok&openness=open", ["d", "b", "a"]),
    ("agent=", ["f", "e", "d", "c", "b", "a"]),
    ("agent=nobody", []),
]


@pytest.fixture
def several(site: Site) -> Site:
    now = site.row().time
    given: list[dict[str, Any]] = [
        {"key": "a", "time": now - timedelta(days=9)},
        {"key": "b", "agent": "codex", "family": "title-1"},
        {"key": "c", "model": "closed-5", "place": "hosted", "provider": "openai", "route": "closed"},
        {"key": "d", "place": "lan", "session": "s1"},
        {"key": "e", "model": None, "status": "error", "error": "rate_limited"},
        {"key": "f", "source": "claude", "route": None},
        {"key": "g", "source": "claude", "route": None, "duplicate": "proxy"},
    ]
    for i, fields in enumerate(given):
        site.record(site.row(**({"time": now - timedelta(seconds=20 - i)} | fields)))
    return site


@pytest.mark.parametrize(("query", "expected"), FILTERS)
async def test_filters(query: str, expected: list[str], client: aiohttp.ClientSession, several: Site) -> None:
    assert await ids(client, query) == expected
    text = (await page(client, f"/requests?{query}")).text
    assert ("No request is like that" in text) is (not expected)


async def test_days(client: aiohttp.ClientSession, several: Site) -> None:
    day = (several.row().time.astimezone() - timedelta(days=8)).date().isoformat()
    assert await ids(client, f"until={day}") == ["a"]
    assert await ids(client, f"since={day}") == ["f", "e", "d", "c", "b"]
    assert await ids(client, f"since={day}T00:00:00Z&until=9999-12-30") == ["f", "e", "d", "c", "b"]


async def test_duplicates_are_shown_when_asked_for(client: aiohttp.ClientSession, several: Site) -> None:
    assert (await ids(client, "duplicates=true"))[0] == "g"
    assert "also those not counted" in (await page(client, "/requests?duplicates=true")).text


@pytest.mark.parametrize(
    "query",
    [
        *("since=yesterday", "since=0001-01-01", "until=2026-13-01", "before=1", "before=1.2.3", "before=-1.2"),
        *("limit=0", "limit=1001", "limit=many", "duplicates=perhaps", f"before={'9' * 16}.1"),
    ],
)
async def test_what_cannot_be_looked_for(query: str, client: aiohttp.ClientSession, several: Site) -> None:
    assert "The address is wrong" in (await page(client, f"/requests?{query}", 400)).text
    async with client.get(f"/api/requests?{query}") as answer:
        assert answer.status == 400


async def test_chips_take_one_filter_away(client: aiohttp.ClientSession, several: Site) -> None:
    found = await page(client, "/requests?agent=codex&openness=open&until=9999-12-30")
    assert "/requests?openness=open&until=9999-12-30" in found.addresses
    assert "/requests?agent=codex&openness=open" in found.addresses


async def test_pages_do_not_move_while_requests_come(client: aiohttp.ClientSession, site: Site) -> None:
    time = site.row().time
    for i in range(25):
        site.ledger.record(site.row(f"{i:02}", time=time if i < 20 else time + timedelta(milliseconds=1), agent="x"))
    site.ledger.flush()
    path, seen, pages = "/requests?agent=x&limit=10", list[str](), list[str]()
    while path:
        pages.append(path)
        found = await page(client, path)
        seen += [each.rpartition("/")[2] for each in found.addresses if each.startswith("/requests/")]
        site.record(site.row(f"late{len(pages)}", time=time + timedelta(seconds=1), agent="x"))
        path = next(
            (
                each
                for each in found.addresses
                if each.startswith("/requests?") and "back=" in each and each not in pages
            ),
            "",
        )
    assert seen == [f"{i:02}" for i in reversed(range(25))]
    assert len(pages) == 3
    assert pages[1] in (await page(client, pages[2])).addresses  # newer
    assert "/requests?agent=x&limit=10" in (await page(client, pages[1])).addresses


async def test_the_twin_is_read_page_by_page(client: aiohttp.ClientSession, several: Site) -> None:
    async with client.get("/api/requests?limit=4") as answer:
        first = await answer.json()
    assert [row["id"] for row in first["requests"]] == ["f", "e", "d", "c"]
    async with client.get(f"/api/requests?limit=4&before={first['next']}") as answer:
        second = await answer.json()
    assert ([row["id"] for row in second["requests"]], second["next"]) == (["b", "a"], None)


async def test_running_ones_are_looked_for_as_well(client: aiohttp.ClientSession, several: Site) -> None:
    time = several.row().time
    several.feed.started(Running(id="r", time=time, agent="codex", model="open-1", route="local"))
    for query, there in (("", 1), ("agent=codex", 1), ("agent=claude", 0), ("openness=open", 1), ("status=ok", 0)):
        async with client.get(f"/api/requests?{query}") as answer:
            assert len((await answer.json())["running"]) == there, query
    assert (await page(client, "/requests?agent=codex")).text.count("running") == 1


async def test_a_name_is_never_markup_and_can_be_looked_for(client: aiohttp.ClientSession, site: Site) -> None:
    clean = await page(client, "/requests")
    fields = dict.fromkeys(("agent", "requested_model", "model", "provider", "route", "reason", "session"), EVIL)
    site.record(site.row(EVIL, source=EVIL, family=EVIL, **fields), site.row("other", agent="\u202etxt.exe"))
    found = await page(client, "/requests")
    assert found.tags.count("script") == clean.tags.count("script")
    assert found.inline == 0
    for name in ("agent", "model", "provider", "source", "family", "session", "route"):
        assert await ids(client, f"{name}={quote(EVIL, safe='')}") == [EVIL], name
        assert (await page(client, f"/requests?{name}={quote(EVIL, safe='')}")).text.count("alert(1)") >= 3
    (address,) = [each for each in found.addresses if each.startswith("/requests/") and "script" in each]
    assert "All that the ledger has of it" in (await page(client, address)).text
