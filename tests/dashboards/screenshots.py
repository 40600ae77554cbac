"""``python -m tests.dashboards.screenshots``: pictures of the pages in docs/screenshots/, of a made-up ledger."""

from __future__ import annotations

import asyncio
import base64
import struct
import sys
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

from agent_models.catalogue import Catalogue
from agent_telemetry.openness import classifier, family_finder
from tests.dashboards.browser import Page, browse, find
from tests.dashboards.conftest import serve
from tests.dashboards.everyday import fill

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
MOST_BYTES = 250_000
# name, address, width, most height, colour scheme
SHOTS = (
    ("overview", "/?range=30d", 1280, 1700, "light"),
    ("overview-dark", "/?range=30d", 1280, 1700, "dark"),
    ("overview-narrow", "/?range=30d", 390, 2200, "light"),
    ("overview-narrow-dark", "/?range=30d", 390, 2200, "dark"),
    ("year", "/year", 1280, 700, "light"),
    ("mix", "/mix", 1280, 800, "dark"),
    ("repetition", "/repetition?range=all", 1280, 800, "light"),
    ("money", "/money?range=all", 1280, 700, "dark"),
    ("models", "/models?range=30d", 1280, 1300, "light"),
    ("models-narrow", "/models?range=30d", 390, 1800, "dark"),
    ("requests", "/requests", 1280, 1100, "light"),
    ("families", "/families?range=all", 1280, 1200, "dark"),
    ("sources", "/sources", 1280, 1300, "light"),
    ("sources-dark", "/sources", 1280, 1300, "dark"),
)


async def main() -> int:
    """Take them all; 1 where one is too large."""
    FOLDER.mkdir(exist_ok=True)
    catalogue = Catalogue.load()
    large = []
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "ledger.db", datetime.now(UTC))
        async with (
            serve(Path(folder), classify=classifier(catalogue), family=family_finder(catalogue)) as site,
            browse(find() or "") as page,
        ):
            site.feed.load(site.path)
            for name, address, width, height, scheme in SHOTS:
                picture = await _taken(page, site.url + address, width, height, scheme)
                (FOLDER / f"{name}.png").write_bytes(picture)
                print(f"{name}.png  {len(picture) // 1000} kB")
                large += [name] if len(picture) > MOST_BYTES else []
    if large:
        print(f"Larger than {MOST_BYTES // 1000} kB: {', '.join(large)}", file=sys.stderr)
    return int(bool(large))


async def _taken(page: Page, url: str, width: int, most: int, scheme: str) -> bytes:
    await page.open(url, width=width, height=9000, scheme=scheme)  # so that all sections can be seen, and are there
    await page.until("document.getElementById('connection').dataset.state === 'live'")
    await page.until("!document.querySelector('[data-late], [aria-busy]')")
    await page.until("document.querySelectorAll('.fresh').length === 0")
    height = min(most, await page.value("document.body.getBoundingClientRect().height"))
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    data = await page.send("Page.captureScreenshot", clip=clip)
    return smaller(base64.b64decode(data["data"]))


def smaller(png: bytes) -> bytes:
    """The same picture, its scanlines compressed as well as zlib can, and nothing else in the file."""
    at, chunks = 8, list[tuple[bytes, bytes]]()
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    scanlines = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    kept = [(kind, data) for kind, data in chunks if kind in (b"IHDR", b"PLTE", b"tRNS")]
    kept += [(b"IDAT", zlib.compress(scanlines, 9)), (b"IEND", b"")]
    return png[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in kept
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
