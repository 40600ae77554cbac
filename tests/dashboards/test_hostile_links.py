"""Every link on a page leads to a page, whatever the names in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from tests.dashboards.page_text import PageText
from tests.dashboards.test_hostile_names import fill

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site

_HARMLESS = {"script", "link", "meta"}


async def test_every_link_leads_to_a_page(site: Site, client: aiohttp.ClientSession) -> None:
    fill(site)
    todo, seen = ["/requests", "/families?range=all", "/settings", "/", "/models", "/sources"], set[str]()
    while todo and len(seen) < 400:
        path = todo.pop()
        seen.add(path)
        async with client.get(path) as answer:
            assert answer.status == 200, path
            if answer.content_type != "text/html":
                continue
            page = PageText(await answer.text())
        assert page.inline == 0, path
        assert not set(page.tags) & {"img", "iframe", "object", "style", "textarea", "embed", "base"}, path
        assert page.tags.count("script") <= 2, path
        deep = path.startswith(("/requests?", "/families?"))  # what they lead to was seen from the lists
        more = [each for each in dict.fromkeys(page.addresses) if each.startswith(("/requests", "/families", "/api/"))]
        actions = ("/pin", "/forget")
        todo += [each for each in more if each not in seen and not deep and not each.endswith(actions)]
    assert len(seen) > 60
