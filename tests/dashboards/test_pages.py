"""The page as it is served, and its JSON twins."""

from __future__ import annotations

import asyncio
import re
import threading
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from agent_dashboards import overview
from agent_dashboards.site import POLICY
from agent_telemetry.live import Running

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site


class _Text(HTMLParser):
    """What a reader sees, the tags that are there, and every address in an attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.addresses, self.styles = "", list[str](), list[str](), 0
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.styles += name == "style" or name.startswith("on")
            if name in ("href", "src", "action", "srcset"):
                self.addresses.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


async def get(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


async def get_json(client: aiohttp.ClientSession, path: str) -> Any:
    async with client.get(path) as answer:
        assert answer.status == 200
        assert answer.content_type == "application/json"
        return await answer.json()


async def test_the_first_run_says_how_to_begin(client: aiohttp.ClientSession, site: Site) -> None:
    page = _Text(await get(client, "/"))
    assert "Nothing has come through yet" in page.text
    assert f"OPENAI_BASE_URL={site.url}/v1" in page.text
    assert "None yet." in page.text


async def test_the_split_and_the_last_requests(client: aiohttp.ClientSession, site: Site) -> None:
    site.record(
        site.row("a", output=60),
        site.row("b", output=20, model="open-big", place="lan", provider="vllm"),
        site.row("c", output=15, model="closed-5", place="hosted", provider="openai", route="closed", billed=1_234_000),
        site.row("d", output=5, model="who knows", provider="x", place="hosted"),
        site.row("e", status="error", error="rate_limited", input=None, output=None, model=None),
    )
    site.feed.started(Running(id="f", agent="codex", requested_model="auto", time=site.row().time))
    page = _Text(await get(client, "/"))
    assert "80 % of output tokens from open models" in page.text
    assert "80 % on your own hardware" in page.text
    assert "Open, on this device 60 %" in page.text
    assert "Closed 15 % 15 1 25 $1.23" in page.text
    assert "error: rate limited" in page.text
    assert _Text(await get(client, "/split")).tags.count("tr") == 1 + 5  # the head and five segments
    requests = _Text((await get(client, "/")).partition('id="rows"')[2].partition("</tbody>")[0])
    assert requests.tags.count("tr") == 6
    by_money = _Text(await get(client, "/?by=money&range=today"))
    assert "0 % of money billed went to open models" in by_money.text


async def test_a_name_is_never_markup(client: aiohttp.ClientSession, site: Site) -> None:
    evil = "open<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    clean = _Text(await get(client, "/"))
    fields = dict.fromkeys(("agent", "requested_model", "model", "provider", "route", "reason", "error"), evil)
    site.record(site.row("<b>key", **fields))
    site.feed.started(
        Running(id="</script>", agent=evil, requested_model=evil + "\ud800\x00", time=site.row().time, reason=evil)
    )
    html = await get(client, "/")
    page = _Text(html)
    assert page.text.count("<script>alert(1)</script>") >= 5  # as text
    assert page.tags.count("script") == clean.tags.count("script") == 1
    assert "img" not in page.tags
    assert "b" not in page.tags
    await get_json(client, "/api/requests")
    await get_json(client, "/api/split")


async def test_nothing_comes_from_elsewhere_and_nothing_is_inline(client: aiohttp.ClientSession, site: Site) -> None:
    site.record(site.row("a"))
    async with client.get("/") as answer:
        page = _Text(await answer.text())
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert page.styles == 0
    assert "style" not in page.tags
    assert page.addresses
    assert all(re.match(r"/(?!/)|[#?]", address) for address in page.addresses)
    for address in page.addresses:
        if address.startswith("/static/"):
            async with client.get(address) as answer:
                assert answer.status == 200
                assert answer.content_type in ("text/css", "text/javascript", "image/svg+xml")
                text = (await answer.text()).replace("http://www.w3.org/2000/svg", "")
                assert "http:" not in text
                assert "https:" not in text
                assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["/static/../pages.py", "/static/%2e%2e%2fpages.py", "/static/page.html"])
async def test_static_files_are_only_those(path: str, client: aiohttp.ClientSession) -> None:
    async with client.get(path) as answer:
        assert answer.status == 404


async def test_split_json(client: aiohttp.ClientSession, site: Site) -> None:
    now = site.row().time
    site.record(site.row("a", output=30), site.row("b", model="closed-5", place="hosted", output=10))
    site.record(site.row("old", output=1000, time=now - timedelta(days=20)))
    week = await get_json(client, "/api/split?range=7d&by=output")
    assert (week["range"], week["by"], week["total"]) == ("7d", "output", 40)
    assert {segment["key"]: segment["share"] for segment in week["segments"]} == {
        **dict.fromkeys(("open-lan", "open-hosted", "unknown"), 0),
        "open-device": 0.75,
        "closed": 0.25,
    }
    assert week["by_openness"]["open"]["output"] == 30
    assert week["by_openness_place"]["closed/hosted"]["total_tokens"] == 20
    assert (await get_json(client, "/api/split?range=all"))["all"]["output"] == 1040
    assert (await get_json(client, "/api/split?range=30d&by=requests"))["total"] == 3


@pytest.mark.parametrize("query", ["range=year", "by=colour", "range=7d&by=<b>"])
async def test_a_wrong_query_is_said_to_be_one(query: str, client: aiohttp.ClientSession) -> None:
    async with client.get(f"/api/split?{query}") as answer:
        assert answer.status == 400
        assert "Invalid enum value" in (await answer.json())["error"]["message"]
    async with client.get(f"/?{query}") as answer:
        assert answer.status == 400
        assert "Invalid enum value" in _Text(await answer.text()).text


async def test_requests_json(client: aiohttp.ClientSession, site: Site) -> None:
    for i in range(60):
        site.ledger.record(site.row(str(i), billed=2_500_000 if i == 59 else None))
    site.record(site.row("no usage", input=None, output=None))
    site.feed.started(Running(id="r", agent="codex", requested_model="auto", time=site.row().time))
    answer = await get_json(client, "/api/requests")
    assert len(answer["requests"]) == 50
    assert answer["running"][0] | {"id": "r", "status": "running", "agent": "codex"} == answer["running"][0]
    none, last = answer["requests"][:2]
    assert (none["id"], none["total_tokens"], none["billed"]) == ("no usage", None, None)
    assert last["id"] == "59"
    assert (last["total_tokens"], last["billed"], last["openness"], last["status"]) == (15, 2.5, "open", "ok")
    assert len((await get_json(client, "/api/requests?limit=3"))["requests"]) == 3


async def test_losses_are_shown(client: aiohttp.ClientSession, site: Site) -> None:
    html = await get(client, "/")
    assert re.search(r'id="ledger"[^>]* hidden', html)
    site.status["ledger"] = {"healthy": False, "lost": 1234, "error": "The disk is <full>."}
    html = await get(client, "/")
    assert not re.search(r'id="ledger"[^>]* hidden', html)
    assert "Requests missing from these figures: 1,234. The disk is <full>." in _Text(html).text


async def test_a_file_that_is_no_ledger_is_said_to_be_so(client: aiohttp.ClientSession, site: Site) -> None:
    site.ledger.close()
    site.path.write_bytes(b"no ledger at all" * 300)
    async with client.get("/") as answer:
        assert answer.status == 503
        assert "The ledger cannot be read: file is not a database." in _Text(await answer.text()).text
    for path in ("/api/split", "/api/requests"):
        async with client.get(path) as answer:
            assert answer.status == 503
            assert "cannot be read" in (await answer.json())["error"]["message"]


async def test_the_ledger_is_not_read_on_the_event_loop(
    client: aiohttp.ClientSession, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, reads = overview.split, list[str]()

    def watched(*args: Any, **kwargs: Any) -> Any:
        reads.append(threading.current_thread().name)
        return real(*args, **kwargs)

    monkeypatch.setattr(overview, "split", watched)
    await asyncio.gather(*(get(client, "/") for _ in range(20)), *(get(client, "/api/split") for _ in range(20)))
    assert len(reads) == 1  # the others took its answer
    assert threading.main_thread().name not in reads
