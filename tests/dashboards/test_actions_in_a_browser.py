"""Forms, filters and the page of a request in a real browser; and what other sites try."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from agent_telemetry import learned
from agent_telemetry.learned import FamilyRow, Learned
from agent_telemetry.live import Running
from tests.dashboards.browser import Page, browse, find
from tests.dashboards.conftest import serve
from tests.dashboards.everyday import family_name, fill
from tests.dashboards.test_access import violations

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site

BROWSER = find()
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install one or set CHROMIUM to its path")
NAME = "title-0a1b2c3d"
PATH = f"/families/{NAME}"


@pytest.fixture
def family(site: Site) -> Site:
    """A site with a family."""
    figures = dict.fromkeys(("requests", "local", "escalated", "shadowed"), 1)
    times = {"first_seen": time.time(), "last_seen": time.time()}
    row = FamilyRow(
        name=NAME, kind="title", label="write … title", agents="", nodes="", rung="shadow", **times, **figures
    )
    site.ledger.record(Learned(families=(row,)))
    site.record(site.row("a", family=NAME))
    return site


@contextlib.asynccontextmanager
async def elsewhere(pages: dict[str, str]) -> AsyncIterator[str]:
    """The address of another server on this machine, with these pages."""
    app = FastAPI(openapi_url=None)

    @app.get("/{name}")
    async def page(name: str) -> HTMLResponse:
        return HTMLResponse(pages[name])

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


async def press(page: Page, key: str, code: int, times: int = 1, **more: object) -> None:
    for _ in range(times):
        await page.send("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **more)
        await page.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)


async def reads(page: Page, text: str) -> None:
    """Wait until a page has been read that says so."""
    await page.until(f"document.readyState === 'complete' && document.body.innerText.includes({text!r})")


async def test_a_family_is_pinned_with_the_keyboard(family: Site) -> None:
    async with browse(str(BROWSER)) as page:
        await page.open(family.url + PATH)
        for _ in range(40):
            await press(page, "Tab", 9)
            if await page.value("document.activeElement.value === 'local'"):
                break
        assert await page.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await press(page, "Enter", 13, text="\r")
        await reads(page, "Pinned local. A running router takes it")
        assert await page.value("location.search") == "?done=pin"
        assert await page.value("document.querySelector('button[value=local]').getAttribute('aria-pressed')") == "true"
        assert learned.pins(family.path) == [learned.Pin(NAME, "local")]
        await page.value("document.querySelector('.forget summary').click()")
        await page.value("document.querySelector('.forget button').click()")
        await reads(page, "What was learnt of it is forgotten")
        assert learned.forgotten(family.path) == [NAME]
        assert page.problems == []


async def test_another_server_on_this_machine_can_change_nothing(family: Site) -> None:
    """It even has a token: it must not be able to get one, and one alone must not do."""
    async with browse(str(BROWSER)) as page:
        await page.open(family.url + PATH)
        token = await page.value("document.querySelector('form[action$=pin] [name=token]').value")
        form = (
            f"<form method=post action='{family.url}{PATH}/pin'><input name=token value='{token}'>"
            "<input name=route value=local></form><script>document.forms[0].submit()</script>"
        )
        sandboxed = f"<iframe sandbox='allow-forms allow-scripts' srcdoc=\"{html.escape(form)}\"></iframe>"
        framed = f"<iframe id=f src='{family.url}{PATH}'></iframe>"
        fetches = f"""<script>
            const body = new URLSearchParams({{token: {json.dumps(token)}, route: "local"}});
            Promise.allSettled([
              fetch("{family.url}{PATH}").then((answer) => answer.text()),
              fetch("{family.url}/api/families").then((answer) => answer.text()),
              fetch("{family.url}{PATH}/pin", {{method: "POST", mode: "no-cors", body}}),
              fetch("{family.url}{PATH}/pin", {{method: "POST", body: body.toString(), mode: "no-cors"}}),
            ]).then((all) => document.title = all.map((each) => each.status).join());
        </script>"""
        opened = f"<script>window.w = open('{family.url}{PATH}'); document.title = 'opened'</script>"
        pages = {"form": form, "sandboxed": sandboxed, "framed": framed, "fetches": fetches, "opened": opened}
        async with elsewhere(pages) as evil:
            await page.send("Page.navigate", url=f"{evil}/form")
            await page.until(f"location.href.startsWith({family.url!r}) && document.readyState === 'complete'")
            assert "nothing was changed" in await page.value("document.body.innerText")
            await page.open(f"{evil}/sandboxed")
            await asyncio.sleep(0.5)
            await page.open(f"{evil}/framed")
            await page.until("document.getElementById('f').contentDocument === null")  # an error's page instead
            await page.open(f"{evil}/fetches")
            await page.until("document.title.includes('rejected')")
            assert await page.value("document.title") == "rejected,rejected,rejected,rejected"
            assert learned.pins(family.path) == []


async def test_a_page_that_was_open_before_a_restart_says_what_to_do(tmp_path: Path, family: Site) -> None:
    async with browse(str(BROWSER)) as page:
        await page.open(family.url + PATH)
        await page.value(
            "document.querySelector('form[action$=pin] [name=token]').value = '7fffffff.' + 'a'.repeat(64)"
        )
        await page.value("document.querySelector('button[value=local]').click()")
        await reads(page, "Open the page again")
        assert learned.pins(family.path) == []
        await page.value("[...document.links].find((link) => link.innerText === 'Open the page again').click()")
        await page.until(f"location.pathname === '{PATH}' && document.readyState === 'complete'")
        await page.value("document.querySelector('button[value=local]').click()")
        await reads(page, "Pinned local.")


async def test_the_page_of_a_running_request_fills_itself(site: Site) -> None:
    time = site.row().time
    site.feed.started(Running(id="r1", time=time, agent="codex", model="open-1", route="local", reason="canary"))
    async with browse(str(BROWSER)) as page:
        await page.open(site.url + "/requests/r1")
        await page.until("document.getElementById('connection').dataset.state === 'live'")
        assert "It runs now." in await page.value("document.body.innerText")
        site.feed.started(Running(id="r1", time=time, agent="codex", model="closed-1", route="closed", reason="failed"))
        await reads(page, "closed-1 is being asked")
        await page.until("document.getElementById('connection').dataset.state === 'live'")
        site.record(site.row("r1", model="closed-1", route="closed", output=4321))
        await reads(page, "4,321")
        assert page.problems == []


async def test_requests_come_in_at_the_top(site: Site) -> None:
    site.record(*(site.row(f"old{i}") for i in range(60)))
    async with browse(str(BROWSER)) as page:
        await page.open(site.url + "/requests")
        await page.until("document.getElementById('connection').dataset.state === 'live'")
        assert await page.value("document.querySelectorAll('#list tr').length") == 50
        older = await page.value("document.querySelector('[rel=next]').getAttribute('href')")
        site.feed.started(Running(id="new", time=site.row().time, agent="<b>codex", requested_model="auto"))
        await page.until("document.querySelector('#list tr').dataset.id === 'new'")
        assert await page.value("document.getElementById('count').innerText") == "1 running"
        site.record(site.row("new", agent="<b>codex"))
        await page.until("document.querySelector('#list tr.fresh')?.dataset.id === 'new'")
        assert await page.value("document.querySelectorAll('#list tr').length") == 51  # none is pushed out
        assert await page.value("document.querySelector('[rel=next]').getAttribute('href')") == older
        await page.value("document.querySelector('#list tr a').click()")
        await page.until("location.pathname === '/requests/new'")
        await page.open(site.url + "/requests?agent=other")  # what is looked for stays as it is
        site.record(site.row("newer"))
        await asyncio.sleep(0.5)
        assert await page.value("document.querySelectorAll('tr').length") == 0
        assert page.problems == []


async def test_filters_are_a_form(site: Site) -> None:
    site.record(site.row("a", agent="codex"), site.row("b", agent="claude"))
    async with browse(str(BROWSER)) as page:
        await page.open(site.url + "/requests")
        await page.value("document.querySelector('[name=agent]').value = 'codex'")
        await page.value("document.querySelector('.find button').click()")
        await page.until("document.querySelectorAll('tbody tr').length === 1")
        assert await page.value("document.querySelector('.chips a').innerText") == "Agent codex ×"
        await page.value("document.querySelector('.chips a').click()")
        await page.until("document.querySelectorAll('tbody tr').length === 2")


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (320, "dark")]
)
async def test_axe_finds_nothing_and_nothing_overflows(width: int, scheme: str, tmp_path: Path) -> None:
    fill(tmp_path / "ledger.db", datetime.now(UTC), days=60, a_day=20)
    async with serve(tmp_path) as site, browse(str(BROWSER)) as page:
        long = "a-very-long-name-" * 12
        names = dict.fromkeys(("agent", "model", "session", "reason", "requested_model", "error", "provider"), long)
        site.record(site.row("long", status="error", family=family_name(0), attempts=3, first_byte_ms=50, **names))
        site.feed.started(Running(id="runs", time=site.row().time, agent=long, model=long, reason=long))
        site.settings = {"file": f"/{long}", "file_exists": False, "data": "/", "warnings": [long], "values": {}}
        site.settings["values"] = {f"upstreams.{long}.key": {"value": long, "origin": "environment"}}
        addresses = [
            "/requests",
            f"/requests?agent={long}&openness=open&since=2026-01-01&family=x",
            "/requests?agent=none",
        ]
        addresses += [
            "/requests/long",
            "/requests/runs",
            "/requests/nothing",
            "/families?range=all",
            "/families?q=none",
        ]
        addresses += [f"/families/{family_name(0)}?done=pin", "/settings", "/families?rung=local&range=all"]
        for address in addresses:
            await page.open(site.url + address, width=width, height=9000, scheme=scheme)
            await page.value("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert await violations(page) == "[]", address
            assert await page.value("document.documentElement.scrollWidth") <= width, address
        assert all(problem.startswith("Failed to load resource") for problem in page.problems)  # the page that is not


async def test_empty_pages_are_in_order_too(site: Site) -> None:
    async with browse(str(BROWSER)) as page:
        for address in ("/requests", "/families", "/settings"):
            await page.open(site.url + address)
            assert await violations(page) == "[]", address
        assert page.problems == []
        assert [url for url in page.requested if not url.startswith((site.url + "/", "data:"))] == []
