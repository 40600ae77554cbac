"""The page in a real browser: it moves while requests run, and it talks to nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_telemetry.live import Running
from tests.dashboards.browser import browse, find

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site

BROWSER = find()
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install one or set CHROMIUM to its path")


async def test_requests_appear_without_a_reload(site: Site) -> None:
    evil = "<img src=x onerror=document.title='evil'>"
    async with browse(str(BROWSER)) as page:
        await page.open(site.url + "/")
        await page.until("document.getElementById('connection').dataset.state === 'live'")
        await page.value("window.stayed = true")
        assert "Nothing has come through yet" in await page.value("document.body.innerText")

        site.feed.started(Running(id="a", agent="codex", requested_model=evil, time=site.row().time))
        await page.until("document.querySelector('#rows tr.running')?.dataset.id === 'a'")
        assert await page.value("document.getElementById('running').textContent") == "1 running"

        site.record(site.row("a", agent="codex", requested_model=evil, model="closed-5", place="hosted", output=77))
        await page.until("document.querySelector('#rows tr:not(.running)')?.dataset.id === 'a'")
        assert await page.value("document.querySelectorAll('#rows tr').length") == 1
        assert await page.value("document.querySelector('#rows .requested').textContent") == evil
        assert await page.value("document.querySelector('#rows .swatch').className") == "swatch closed"
        assert await page.value("document.getElementById('running').hidden")
        await page.until("document.querySelector('.figures')?.innerText.includes('77')")  # the split followed

        site.status["ledger"] = {"healthy": False, "lost": 9, "error": "The disk is full."}
        site.feed.finished(site.row("b"))
        await page.until("!document.getElementById('ledger').hidden")
        assert "9" in await page.value("document.getElementById('ledger').innerText")

        assert await page.value("window.stayed") is True
        assert await page.value("document.title") == "Your split · agent-router"
        assert page.problems == []
        assert [url for url in page.requested if not url.startswith((site.url + "/", "data:"))] == []


async def test_the_table_keeps_the_last_ten(site: Site) -> None:
    async with browse(str(BROWSER)) as page:
        await page.open(site.url + "/?range=all&by=requests")
        await page.until("document.getElementById('connection').dataset.state === 'live'")
        for i in range(60):
            site.feed.finished(site.row(str(i)))
        await page.until("document.querySelector('#rows tr')?.dataset.id === '59'")
        assert await page.value("document.querySelectorAll('#rows tr').length") == 10
        assert page.problems == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (320, "light"), (1280, "dark")])
async def test_it_fits_and_follows_the_colour_scheme(width: int, scheme: str, site: Site) -> None:
    long = "a-very-long-model-name-" * 8
    site.record(*(site.row(str(i), model=f"open-{long}", requested_model=long, reason=long) for i in range(3)))
    site.status["ledger"] = {"healthy": False, "lost": 9, "error": long}
    async with browse(str(BROWSER)) as page:
        await page.open(site.url + "/", width=width, scheme=scheme)
        assert await page.value("document.documentElement.scrollWidth") <= width
        light = await page.value("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] > 127")
        assert light is (scheme == "light")
        assert page.problems == []


@pytest.mark.parametrize("width", [390, 768, 1000, 1280])
async def test_every_request_shows_its_model_route_and_reason(width: int, site: Site) -> None:
    reason = "family is not listed local; the local context window is too small"
    asked = {"requested_model": "openai/gpt-5.4", "model": "closed-5.4-preview", "place": "hosted", "route": "closed"}
    site.record(site.row("a", **asked, reason=reason, status="error", error="upstream_unavailable"))
    async with browse(str(BROWSER)) as page:
        await page.open(site.url + "/", width=width)
        for cell in ("route", "reason", "status", "answering"):
            shown = f"document.querySelector('#rows .{cell}')"
            assert await page.value(f"{shown}.getClientRects().length") > 0, cell
            assert await page.value(f"{shown}.scrollWidth <= {shown}.clientWidth + 1"), f"{cell} is cut off"
        assert await page.value("document.querySelector('#rows .requested').title") == "openai/gpt-5.4"
        await page.until("document.getElementById('connection').dataset.state === 'live'")
        site.feed.finished(site.row("b", model="open-long"))
        await page.until("document.querySelector('#rows tr')?.dataset.id === 'b'")
        assert await page.value("document.querySelector('#rows .answering').title") == "open-long"


async def test_it_can_be_used_with_the_keyboard_and_has_names(site: Site) -> None:
    site.record(site.row("a"))
    async with browse(str(BROWSER)) as page:
        await page.open(site.url + "/")
        tree = (await page.send("Accessibility.getFullAXTree"))["nodes"]
        named = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]
        assert ("image", "Share of output tokens. Open, on this device: 100 %.") in named
        assert ("navigation", "Measure") in named
        assert ("navigation", "Time") in named
        assert ("table", "The figures behind the bar") in named
        assert ("table", "Last requests") in named
        assert [name for role, name in named if role == "link" and not name] == []
        for _ in range(10):  # the skip link, the name, six pages, then the first measures
            await page.send("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
            await page.send("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        assert await page.value("document.activeElement.textContent") == "Requests"
        assert await page.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
