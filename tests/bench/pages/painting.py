"""When a browser first shows something."""

from __future__ import annotations

from tests.dashboards.browser import browse, find

_PAINT = "performance.getEntriesByType('paint').find((each) => each.name === 'first-contentful-paint')?.startTime ?? 0"


async def measure(url: str, times: int = 7) -> list[float]:
    """Milliseconds from the navigation's beginning to the first contentful paint of the first page."""
    found = []
    async with browse(find() or "") as page:
        for number in range(times):
            await page.open(f"{url}/?range=30d&n={number}")
            await page.until(_PAINT)
            found.append(float(await page.value(_PAINT)))
    return found
