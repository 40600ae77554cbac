"""Everybody can use the pages: axe-core finds nothing, in light and dark, wide and narrow, and nothing overflows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent_dashboards.overview import QUESTIONS
from tests.dashboards.browser import Page, browse, find
from tests.dashboards.conftest import serve
from tests.dashboards.everyday import fill

BROWSER = find()
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install one or set CHROMIUM to its path")
AXE = Path(__file__).parent / "axe" / "axe.min.js"  # axe-core 4.14.1, MPL-2.0
_RUN = """axe.run(document, {resultTypes: ["violations"]}).then((result) => JSON.stringify(result.violations.map(
  (each) => [each.id, each.impact, each.nodes.slice(0, 3).map((node) => node.html.slice(0, 200) + node.failureSummary)]
)))"""


async def violations(page: Page) -> Any:
    """What axe-core says of the page as it is."""
    if not await page.value("typeof axe === 'object'"):
        await page.value(AXE.read_text())  # DevTools may, whatever the page's policy is
    result = await page.send("Runtime.evaluate", expression=_RUN, returnByValue=True, awaitPromise=True)
    return result["result"].get("value", result)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
async def test_axe_finds_nothing_and_nothing_overflows(width: int, scheme: str, tmp_path: Path) -> None:
    fill(tmp_path / "ledger.db", datetime.now(UTC), days=60, a_day=20)
    addresses = ["/?range=30d", "/split?by=money", "/models?range=all", "/sources", "/?range=nonsense"]
    if (width, scheme) in ((1280, "light"), (390, "dark")):
        addresses += [f"/{question.name}?range=all&by=requests" for question in QUESTIONS]
    async with serve(tmp_path) as site, browse(str(BROWSER)) as page:
        for address in addresses:
            await page.open(site.url + address, width=width, height=9000, scheme=scheme)
            await page.value("document.querySelectorAll('details').forEach(each => each.open = true)")
            await page.until("!document.querySelector('[data-late], [aria-busy]')")
            assert await violations(page) == "[]", address
            assert await page.value("document.documentElement.scrollWidth") <= width, address


async def test_nothing_overflows_at_any_width(tmp_path: Path) -> None:
    fill(tmp_path / "ledger.db", datetime.now(UTC), days=60, a_day=20)
    async with serve(tmp_path) as site, browse(str(BROWSER)) as page:
        for address in ("/?range=all", "/models", "/sources"):
            await page.open(site.url + address, width=320, height=9000)
            await page.value("document.querySelectorAll('details').forEach(each => each.open = true)")
            for width in (320, 360, 421, 600, 720, 721, 861, 961, 1101, 1920):
                size = {"width": width, "height": 9000, "deviceScaleFactor": 1, "mobile": False}
                await page.send("Emulation.setDeviceMetricsOverride", **size)
                assert await page.value("document.documentElement.scrollWidth") <= width, (address, width)


async def test_a_ledger_with_nothing_in_it(tmp_path: Path) -> None:
    async with serve(tmp_path) as site, browse(str(BROWSER)) as page:
        for address in ("/", "/models", "/sources"):
            await page.open(site.url + address)
            assert await violations(page) == "[]", address
        await page.value("document.body.append(document.createElement('img'))")
        assert "image-alt" in await violations(page)  # it does look
