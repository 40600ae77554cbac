"""The families, and what can be done with one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import aiohttp
import pytest

from agent_dashboards.posted_form import MOST_BYTES
from agent_telemetry import learned
from agent_telemetry.learned import FamilyRow, Learned, Move
from tests.dashboards.page_text import PageText

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site

EVIL = "<script>alert(1)</script>\"'&-1f"


def family(name: str = "title-0a1b2c3d", **fields: Any) -> FamilyRow:
    base = {"name": name, "kind": name.rpartition("-")[0] or name, "label": "write … title", "agents": "codex openclaw"}
    base |= {"nodes": "", "first_seen": time.time() - 9e5, "last_seen": time.time(), "requests": 40, "local": 30}
    base |= {"escalated": 2, "shadowed": 20, "rung": "canary", "mean": 0.93, "lower": 0.85, "evidence": 24.5}
    return FamilyRow(**(base | fields))


@pytest.fixture
def learnt(site: Site) -> Site:
    moves = (
        Move(family="title-0a1b2c3d", time=time.time(), before="shadow", after="canary", why="0.93 on 24 outcomes"),
    )
    rows = (family(), family("summary-11", rung="closed", mean=0.2, lower=0.1), family(EVIL, label=EVIL, rung="shadow"))
    site.ledger.record(Learned(families=rows, moves=moves))
    for i in range(4):
        route = "local" if i else "closed"
        site.record(
            site.row(f"t{i}", family="title-0a1b2c3d", route=route, avoided=500_000, billed=0 if i else 250_000)
        )
    site.record(site.row("e", family=EVIL, agent=EVIL, model=EVIL, reason=EVIL))
    return site


async def page(client: aiohttp.ClientSession, path: str, status: int = 200) -> PageText:
    async with client.get(path) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return PageText(text)


async def post(client: aiohttp.ClientSession, path: str, data: Any, **headers: str) -> tuple[int, str, str]:
    """(status, location, text)"""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.post(path, data=data, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("location", ""), PageText(await answer.text()).text


async def test_without_a_family_it_says_how_to_get_one(client: aiohttp.ClientSession, site: Site) -> None:
    assert "No family was met yet" in (await page(client, "/families")).text


async def test_the_list(client: aiohttp.ClientSession, learnt: Site) -> None:
    text = (await page(client, "/families?range=all")).text
    assert "write … title" in text
    assert "canary 0.93 ≥ 0.85 24 outcomes 4 75 %" in text
    assert text.index("title-0a1b2c3d") < text.index("summary-11")  # those asked most first
    assert "summary-11" not in (await page(client, "/families?rung=canary")).text
    assert "title-0a1b2c3d" not in (await page(client, "/families?kind=summary")).text
    assert "None of 3 families is like that." in (await page(client, "/families?q=nothing")).text
    async with client.get("/api/families?range=all&q=TITLE-0A") as answer:
        found = await answer.json()
    (only,) = found["families"]
    assert (only["name"], only["requests"], only["local"], only["rung"]) == ("title-0a1b2c3d", 4, 3, "canary")
    assert (only["earned"], only["would_save"], only["pin"]) == (1.5, 0.25, None)
    assert found["rungs"] == {"closed": 1, "shadow": 1, "canary": 1, "local": 0}


async def test_the_page_of_one(client: aiohttp.ClientSession, learnt: Site) -> None:
    text = (await page(client, "/families/title-0a1b2c3d")).text
    assert "It stands on “canary”" in text
    assert "0.93 ≥ 0.85, the lower end of its 95 % interval" in text
    assert "shadow → canary 0.93 on 24 outcomes" in text
    assert "4 requests by day" in text
    async with client.get("/api/families/title-0a1b2c3d") as answer:
        found = await answer.json()
    assert [move["after"] for move in found["moves"]] == ["canary"]
    assert [(each["requests"], each["local"]) for each in found["history"]["periods"]] == [(4, 3)]
    assert {row["id"] for row in found["requests"]} == {"t0", "t1", "t2", "t3"}


async def test_an_unknown_one_has_no_page(client: aiohttp.ClientSession, learnt: Site) -> None:
    assert "There is no such family." in (await page(client, "/families/nobody-1", 404)).text
    async with client.get("/api/families/nobody-1") as answer:
        assert answer.status == 404


async def test_a_name_is_never_markup(client: aiohttp.ClientSession, learnt: Site) -> None:
    clean = await page(client, "/families?q=summary")
    for path in ("/families", f"/families/{quote(EVIL, safe='')}"):
        found = await page(client, path)
        assert found.tags.count("script") == clean.tags.count("script")
        assert found.text.count("<script>alert(1)</script>") >= 2
        assert found.inline == 0
    path = next(each for each in (await page(client, "/families")).addresses if "script" in each)
    assert "<script>alert(1)" in (await page(client, path)).text  # the link leads there
    tokens = (await page(client, path)).tokens
    status, location, _ = await post(client, f"{path}/pin", {"token": tokens[f"{path}/pin"], "route": "local"})
    assert (status, location) == (303, f"{path}?done=pin")
    assert learned.pins(learnt.path) == [learned.Pin(EVIL, "local")]


async def test_pinning(client: aiohttp.ClientSession, learnt: Site) -> None:
    path = "/families/title-0a1b2c3d"
    for route, said in (
        ("local", "Pinned local. A running router takes it within two seconds."),
        ("closed", "Pinned closed."),
        ("none", "Not pinned any more: the ladder decides."),
    ):
        token = (await page(client, path)).tokens[f"{path}/pin"]
        status, location, _ = await post(client, f"{path}/pin", {"token": token, "route": route})
        assert (status, location) == (303, f"{path}?done=pin")
        assert said in (await page(client, location)).text
        expected = [] if route == "none" else [learned.Pin("title-0a1b2c3d", route)]
        assert learned.pins(learnt.path) == expected
    async with client.get(f"/api{path}") as answer:
        assert (await answer.json())["family"]["pin"] is None


async def test_forgetting(client: aiohttp.ClientSession, learnt: Site) -> None:
    path = "/families/title-0a1b2c3d"
    tokens = (await page(client, path)).tokens
    status, location, _ = await post(client, f"{path}/forget", {"token": tokens[f"{path}/forget"]})
    assert (status, location) == (303, f"{path}?done=forget")
    text = (await page(client, location)).text
    assert "What was learnt of it is forgotten" in text
    assert "4 requests by day" in text  # they stay
    assert learned.forgotten(learnt.path) == ["title-0a1b2c3d"]
    tokens = (await page(client, "/families/summary-11")).tokens
    sent = {"token": tokens["/families/summary-11/forget"]}
    status, location, _ = await post(client, "/families/summary-11/forget", sent)
    assert (status, location) == (303, "/families?done=forget")  # nothing is left of it
    assert "summary-11" not in (await page(client, location)).text


async def test_the_effect_of_a_form_is_not_taken_from_the_address(client: aiohttp.ClientSession, learnt: Site) -> None:
    text = (await page(client, "/families/title-0a1b2c3d?done=forget")).text
    assert "forgotten" not in text
    assert "Pinned local" not in (await page(client, "/families/title-0a1b2c3d?done=pin")).text


async def test_a_form_that_is_not_from_our_page_changes_nothing(client: aiohttp.ClientSession, learnt: Site) -> None:
    path = "/families/title-0a1b2c3d"
    tokens = (await page(client, path)).tokens
    good = {"token": tokens[f"{path}/pin"], "route": "local"}
    own = urlsplit(learnt.url).netloc
    refused: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"route": "local"}, {}),
        ({"route": "local", "token": ""}, {}),
        ({**good, "token": tokens[f"{path}/forget"]}, {}),  # of another form
        ({**good, "token": good["token"][:-1] + ("0" if good["token"][-1] != "0" else "1")}, {}),
        ({**good, "token": "ключ.ключ"}, {}),
        (good, {"Origin": "http://evil.example"}),
        (good, {"Origin": "null"}),
        (good, {"Origin": ""}),
        (good, {"Origin": "http://127.0.0.1:1"}),  # another server on this machine
        (good, {"Origin": f"http://{own}.evil.example"}),
        (good, {"Sec-Fetch-Site": "cross-site"}),
        (good, {"Sec-Fetch-Site": "same-site"}),
        (good, {"Sec-Fetch-Site": "none"}),
        (good, {"Origin": f"http://{own}", "Sec-Fetch-Site": "cross-site"}),
        (good, {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}),
    ]
    for data, headers in refused:
        status, location, text = await post(client, f"{path}/pin", data, **headers)
        assert (status, location) == (403, ""), headers
        assert "nothing was changed. Open the page again" in text
    assert learned.pins(learnt.path) == []
    for headers in ({}, {"Origin": f"http://{own}"}, {"Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"}):
        assert (await post(client, f"{path}/pin", good, **headers))[0] == 303
    assert len(learned.pins(learnt.path)) == 1


async def test_what_is_no_form_of_ours(client: aiohttp.ClientSession, learnt: Site) -> None:
    path = "/families/title-0a1b2c3d/pin"
    token = (await page(client, path.rpartition("/")[0])).tokens[path]
    json = {"Content-Type": "application/json"}
    assert (await post(client, path, b'{"token": "%s"}' % token.encode(), **json))[0] == 415
    assert (await post(client, path, f"token={token}&route=local", **{"Content-Type": "text/plain"}))[0] == 415
    assert (await post(client, path, {"token": token, "route": "moon"}))[0] == 400
    assert (await post(client, path, {"token": token}))[0] == 400
    assert (await post(client, path, {f"f{i}": "" for i in range(50)}))[0] == 400
    assert (await post(client, path, {"token": token, "route": "x" * MOST_BYTES}))[0] == 413
    assert (await post(client, "/families/nobody-1/pin", {"token": token, "route": "local"}))[0] == 403
    assert learned.pins(learnt.path) == []


async def test_reading_changes_nothing_and_the_twins_cannot_write(client: aiohttp.ClientSession, learnt: Site) -> None:
    path = "/families/title-0a1b2c3d"
    token = (await page(client, path)).tokens[f"{path}/pin"]
    await page(client, f"{path}/pin?token={token}&route=local", 404)
    assert learned.pins(learnt.path) == []
    for twin in (f"/api{path}", f"/api{path}/pin", "/api/families"):
        assert (await post(client, twin, {"token": token, "route": "local"}))[0] in (404, 405)
    for method in ("PUT", "DELETE", "PATCH"):
        async with client.request(method, f"{path}/pin", data={"token": token, "route": "local"}) as answer:
            assert answer.status == 405
    assert learned.pins(learnt.path) == []
