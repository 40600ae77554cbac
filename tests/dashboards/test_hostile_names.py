"""Names that a caller, a model or a log chose are text on every page, whatever they are, and the page stays whole."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import msgspec
import pytest

from agent_dashboards.overview import QUESTIONS
from agent_telemetry.live import Running
from tests.dashboards.browser import browse, find
from tests.dashboards.conftest import serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dashboards.conftest import Site

BROWSER = find()
EVIL = (
    "open<script>window.evil=1</script>",
    'open"><img src=x onerror="window.evil=1">',
    "closed' onmouseover='window.evil=1",
    "open</title></svg></style></textarea><svg onload=window.evil=1>",
    "open\u202egpj.exe\u2066\u2069",
    "open\x00\x07\x1b[31m\u2028\u2029",
    "open-" + "w" * 10_000,
    "open " + "\u0301" * 3000,  # accents, one on the other
    "open{{ 7 * 7 }}{% include 'x' %}",
    "javascript:window.evil=1",
    "../../../etc/passwd?a=b&c=d#e",
    "open\ud800",
    "__proto__",
    "𝕆𝕡𝕖𝕟 開放 مفتوح",
)
PAGES = ("/", "/models", "/sources", "/split", *(f"/{question.name}" for question in QUESTIONS))


def fill(site: Site) -> None:
    """Rows, families and logs with such names."""
    now = datetime.now(UTC)
    rows = []
    for number, evil in enumerate(EVIL):
        names = dict.fromkeys(
            ("agent", "session", "requested_model", "model", "provider", "reason", "error", "family"), evil
        )
        for day in (0, 3, 9):
            when = now - timedelta(days=day)
            rows += [site.row(f"{evil}{day}{i}", time=when, **names) for i in range(12)]
        rows.append(site.row(f"log{number}", source=evil, family=None, agent=evil, model=evil))
        site.feed.started(Running(id=evil, time=now, **dict.fromkeys(("agent", "requested_model", "reason"), evil)))
    site.record(*rows)
    with closing(sqlite3.connect(site.path)) as conn, conn:
        for number, evil in enumerate(EVIL):
            clean = evil.encode("utf-8", "replace").decode()
            conn.execute(
                "INSERT OR REPLACE INTO families (name, kind, label, agents, rung, nodes, first_seen, last_seen, "
                "requests, local, escalated, shadowed, evidence, saved) "
                "VALUES (?, ?, ?, ?, ?, '', ?, ?, 12, 1, 1, 0, 1, 0)",
                [clean, clean, clean, clean, clean, time.time(), time.time()],
            )
            conn.execute(
                "INSERT INTO trials (call, time, purpose, provider, model, family, problem, seconds) "
                "VALUES (?, ?, 'attempt', ?, ?, ?, ?, 1)",
                [clean, round(time.time() * 1000), *[clean] * 4],
            )
            counts = msgspec.msgpack.encode({clean: 3, f"unknown:{clean}": 2, "copied": 1})
            conn.execute(
                "INSERT INTO logs (source, path, inode, size, modified, offset, mark, state, counts) "
                "VALUES (?, ?, ?, 1, 1, 1, '', '', ?)",
                [clean, clean.encode(), number, counts],
            )


async def test_a_page_has_the_same_tags_whatever_the_names(site: Site, client: aiohttp.ClientSession) -> None:
    fill(site)
    for path in PAGES:
        async with client.get(path) as answer:
            assert answer.status == 200, path
            html = await answer.text()
        tags = set(re.findall(r"<([a-zA-Z][^\s/>]*)", html))
        assert not tags & {"img", "iframe", "object", "style", "textarea", "b"}, path
        assert html.count("<script") == 1, path
        assert not re.search(r"<[^>]*\son[a-z]+=", re.sub(r'"[^"]*"', '""', html)), path
        assert not re.search(r'(href|src)="(?!/|\?|#)', html), path
        assert "\x00" not in html
        assert "\u202e" not in html, path
        assert len(html) < 3_000_000
        async with client.get("/api/overview" if path == "/" else f"/api{path}") as answer:
            assert answer.status == 200, path
            await answer.json()


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install one or set CHROMIUM to its path")
async def test_no_name_runs_or_breaks_the_layout(tmp_path: Path) -> None:
    async with serve(tmp_path) as site, browse(str(BROWSER)) as page:
        fill(site)
        for width, paths in ((390, PAGES), (1280, PAGES[:3])):
            for path in paths:
                await page.open(site.url + path, width=width, height=9000)
                await page.until("document.getElementById('connection').dataset.state === 'live'")
                await page.value("document.querySelectorAll('details').forEach(each => each.open = true)")
                await page.until("!document.querySelector('[data-late], [aria-busy]')")
                assert await page.value("document.documentElement.scrollWidth") <= width, (path, width)
                assert await page.value("document.documentElement.scrollHeight") < 30_000, (path, width)
                assert await page.value("window.evil === undefined && !document.querySelector('img, iframe, object')")
        assert page.problems == []
        assert [url for url in page.requested if not url.startswith((site.url + "/", "data:"))] == []
