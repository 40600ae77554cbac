"""The page of a router that really runs: how soon a request is there, and what a restart does to it."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from tests.dashboards.browser import Page, browse, find
from tests.running_router import router_process, running_router
from tests.upstreams.threaded import ThreadedUpstream

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site

BROWSER = find()
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install one or set CHROMIUM to its path"),
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
]
ASK: dict[str, Any] = {"model": "auto", "messages": [{"role": "user", "content": "word " * 60}]}
LIVE = "document.getElementById('connection').dataset.state === 'live'"
# When each request first showed its route and reason, in milliseconds since 1970.
_WATCH = """window.seen = {}; new MutationObserver(() => {
  for (const row of document.querySelectorAll('#rows tr.running')) {
    const cells = [...row.querySelectorAll('.route, .reason')].map((cell) => cell.textContent.trim());
    if (cells.every((text) => text && text !== '–')) window.seen[row.dataset.id] ??= Date.now();
  }
}).observe(document.getElementById('rows'), {childList: true, subtree: true, characterData: true})"""


def settings(url: str) -> dict[str, Any]:
    return {"upstreams": {"openai": {"base_url": f"{url}/v1", "models": ["gpt-5.4"]}}, "logs": {"watch": False}}


def configuration(url: str) -> str:
    return f'[upstreams.openai]\nbase_url = "{url}/v1"\nmodels = ["gpt-5.4"]\n'


async def ask(session: aiohttp.ClientSession, url: str) -> None:
    async with session.post(f"{url}/v1/chat/completions", json=ASK) as answer:
        assert answer.status == 200, await answer.text()
        await answer.read()


async def test_a_request_is_there_with_its_route_and_reason_within_a_fifth_of_a_second(tmp_path: Path) -> None:
    with ThreadedUpstream("stall_before_headers:seconds=0.7") as upstream:
        async with running_router(tmp_path, settings(upstream.url)) as (url, app), browse(str(BROWSER)) as page:
            await page.open(url + "/")
            await page.until(LIVE)
            await page.value(_WATCH)
            took = []
            async with aiohttp.ClientSession() as session:
                for _ in range(5):
                    sent = time.time()
                    asking = asyncio.ensure_future(ask(session, url))
                    while not (running := app.feed.snapshot().running):
                        await asyncio.sleep(0.001)
                    seen = f"window.seen[{running[0].id!r}]"
                    await page.until(seen)
                    assert not asking.done()  # while it runs
                    took.append(await page.value(seen) / 1000 - sent)
                    await asking
            assert median(took) < 0.2, took
            assert page.problems == []
            addresses = [address for address in page.requested if not address.startswith((url + "/", "data:"))]
            assert addresses == []


async def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_the_page_survives_a_restart_of_the_router(tmp_path: Path) -> None:
    port = await _free_port()
    with ThreadedUpstream("ok") as upstream:
        async with browse(str(BROWSER)) as page, aiohttp.ClientSession() as session:
            with router_process(tmp_path, configuration(upstream.url), "--port", str(port)) as (url, process):
                await ask(session, url)
                await page.open(url + "/?range=today&by=requests")
                await page.until(LIVE)
                await page.until("document.querySelectorAll('#rows tr').length === 1")
                await page.value("window.stayed = true")
                await page.value("document.querySelector('#trend details').open = true")
                await page.value("document.querySelector('#trend summary').focus(); scrollTo(0, 700)")
                process.send_signal(signal.SIGKILL)
                process.wait(10)
                await page.until("document.getElementById('connection').dataset.state === 'still'")
                assert "reconnecting" in await page.value("document.getElementById('connection').innerText")
                top = await page.value("document.getElementById('trend').getBoundingClientRect().top")
            await asyncio.sleep(1)  # some attempts are refused
            with router_process(tmp_path, configuration(upstream.url), "--port", str(port)) as (url, _):
                for _ in range(2):  # before the page is there again, or after
                    await ask(session, url)
                await page.until(LIVE)
                await page.until("document.querySelectorAll('#rows tr').length === 3")
                await page.until("document.querySelector('#trend table').innerText.includes('\\t3\\t')")
                await ask(session, url)
                await page.until("document.querySelectorAll('#rows tr').length === 4")
                assert await page.value("window.stayed") is True
                assert await page.value("document.querySelector('#trend details').open")
                assert await page.value("document.activeElement === document.querySelector('#trend summary')")
                now = await page.value("document.getElementById('trend').getBoundingClientRect().top")
                assert abs(now - top) < 40  # what is read stays where it is, though there are three rows more above
                await page.value("scrollTo(0, 0)")  # what cannot be seen follows when it can
                await page.until("document.querySelector('#split .figures').innerText.includes('\\t4\\t')")
                assert [said for said in page.problems if "Failed to load resource" not in said] == []


async def test_an_error_is_no_reason_to_give_up(site: Site) -> None:
    """A browser never opens a stream again that was answered with an error; the page does."""
    failing = True
    asked = 0

    async def live(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        if failing:
            return web.Response(status=503)
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        async with aiohttp.ClientSession() as session, session.get(site.url + "/api/live") as answer:
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
        return response

    async def other(request: web.Request) -> web.Response:
        async with aiohttp.ClientSession() as session, session.get(site.url + request.path_qs) as answer:
            kept = {name: answer.headers[name] for name in ("content-type", "content-security-policy")}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    app = web.Application()
    app.router.add_get("/api/live", live)
    app.router.add_get("/{path:.*}", other)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port := await _free_port()).start()
    try:
        async with browse(str(BROWSER)) as page:
            await page.open(f"http://127.0.0.1:{port}/")
            await page.until("document.getElementById('connection').innerText.includes('reconnecting')")
            before = asked
            while asked < before + 2:
                await asyncio.sleep(0.05)
            failing = False
            await page.until(LIVE)
            site.record(site.row("a"))
            await page.until("document.querySelector('#rows tr')?.dataset.id === 'a'")
    finally:
        site.feed.close()
        await runner.cleanup()


async def _hide(page: Page, hidden: bool) -> None:
    await page.value(f"Object.defineProperty(document, 'hidden', {{value: {str(hidden).lower()}, configurable: true}})")
    await page.value("document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")


async def test_a_hidden_tab_does_nothing_and_is_right_when_it_is_seen_again(site: Site) -> None:
    async with browse(str(BROWSER)) as page:
        await page.open(site.url + "/?by=requests")
        await page.until(LIVE)
        await _hide(page, True)
        while site.feed._subscriptions:
            await asyncio.sleep(0.01)
        page.requested.clear()
        site.record(*(site.row(str(i)) for i in range(3)))
        await asyncio.sleep(2)
        assert page.requested == []
        await _hide(page, False)
        await page.until(LIVE)
        await page.until("document.querySelectorAll('#rows tr').length === 3")
        await page.until("document.querySelector('#split .figures')?.innerText.includes('\\t3\\t')")
        assert page.problems == []
