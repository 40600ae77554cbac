"""The pages behind the gate: forms from elsewhere, and signing in where a key is demanded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from agent_dashboards.wrong_keys import MOST
from agent_telemetry import learned
from agent_telemetry.learned import FamilyRow, Learned
from agent_telemetry.usage_record import UsageRecord
from tests.dashboards.browser import browse, find
from tests.dashboards.page_text import PageText
from tests.running_router import running_router

KEY = "s3cret-ключ"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HEADERS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@pytest.fixture
async def keyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser without the key at a router that wants one."""
    monkeypatch.setenv("MY_KEY", KEY)
    async with (
        running_router(tmp_path, {"server": {"api_key_env": "MY_KEY"}}) as (url, _),
        aiohttp.ClientSession(url, headers=BROWSER, cookie_jar=aiohttp.CookieJar(unsafe=True)) as client,
    ):
        yield client


async def get(client: aiohttp.ClientSession, path: str, status: int = 200, **headers: str) -> PageText:
    async with client.get(path, headers=headers, allow_redirects=False) as answer:
        assert answer.status == status, await answer.text()
        assert answer.content_type == "text/html"
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        policy = answer.headers["content-security-policy"]
        for part in ("default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
            assert part in policy
        assert "unsafe" not in policy
        return PageText(await answer.text())


async def sign_in(client: aiohttp.ClientSession, path: str = "/", key: str = KEY) -> tuple[int, str, str]:
    """(status, location, Set-Cookie)"""
    page = await get(client, path, 401)
    form = {"token": page.tokens["/sign-in"], "next": page.fields["next"], "key": key}
    async with client.post("/sign-in", data=form, allow_redirects=False) as answer:
        assert KEY not in await answer.text()
        return answer.status, answer.headers.get("location", ""), answer.headers.get("set-cookie", "")


async def test_a_browser_signs_in_and_out(keyed: aiohttp.ClientSession) -> None:
    status, location, cookie = await sign_in(keyed, "/requests?agent=co%26dex&openness=open")
    assert (status, location) == (303, "/requests?agent=co%26dex&openness=open")
    assert "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert KEY not in cookie
    page = await get(keyed, location)
    assert "Agent co&dex" in page.text
    async with keyed.get("/api/requests") as answer:
        assert answer.status == 200
    async with keyed.get("/metrics") as answer:
        assert answer.status == 200
    async with keyed.get("/api/live") as answer:  # as EventSource does
        assert answer.content_type == "text/event-stream"
        assert (await answer.content.readline()).startswith(b"event: ")
    async with keyed.post("/sign-out", data={"token": page.tokens["/sign-out"]}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
    await get(keyed, "/", 401)


async def test_a_wrong_key_is_none(keyed: aiohttp.ClientSession) -> None:
    for key in ("", "wrong", KEY + "x", KEY[:-1]):
        status, location, cookie = await sign_in(keyed, key=key)
        assert (status, location, cookie) == (401, "", "")
    await get(keyed, "/", 401)


async def test_the_cookie_is_good_for_pages_only(keyed: aiohttp.ClientSession) -> None:
    await sign_in(keyed)
    for path in (
        *("/v1/models", "/v1/chat/completions", "/v1/responses/x", "/responses/x", "/v1beta/models", "/openapi.json"),
        *("/models/x", "/models"),
    ):
        async with keyed.get(path, headers={"Accept": "*/*"}) as answer:
            assert (answer.status, answer.content_type) == (401, "application/json"), path
    for path in ("/v1/chat/completions", "/chat/completions", "/v1/messages", "/v1/feedback", "/v1/traces", "/v1/logs"):
        async with keyed.post(path, json={"model": "auto", "messages": []}) as answer:
            assert answer.status == 401, path


async def test_programs_are_told_in_json(keyed: aiohttp.ClientSession) -> None:
    for path, headers in (
        ("/", {"Accept": "*/*"}),
        ("/api/requests", BROWSER),
        ("/v1/models", BROWSER),
        ("/nowhere", BROWSER),
        ("/", BROWSER | {"Authorization": "Bearer wrong"}),
        ("/", BROWSER | {"x-api-key": "wrong"}),
    ):
        async with keyed.get(path, headers=headers) as answer:
            assert (answer.status, answer.content_type) == (401, "application/json"), path
    async with keyed.get("/", headers={"Authorization": f"Bearer {KEY}"}) as answer:
        assert answer.status == 200
    async with keyed.post("/families/x/pin", data={}, headers={"Accept": "*/*"}) as answer:
        assert (answer.status, answer.content_type) == (401, "application/json")


async def test_a_form_of_someone_who_is_signed_in_no_longer(keyed: aiohttp.ClientSession) -> None:
    for path, back in (
        ("/families/a%2Fb/pin?x=1", "/families/a%2Fb"),
        ("/settings/consent", "/settings"),
        ("/sign-out", "/"),
    ):
        async with keyed.post(URL(path, encoded=True), data={"token": "x"}) as answer:
            assert (answer.status, answer.content_type) == (401, "text/html")
            assert PageText(await answer.text()).fields["next"] == back


async def test_whoever_signed_out_has_signed_out_everyones_copy_of_the_cookie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    settings = {"server": {"api_key_env": "MY_KEY"}}
    cookies, statuses = dict[str, str](), list[int]()
    for start in range(2):
        async with (
            running_router(tmp_path, settings) as (url, _),
            aiohttp.ClientSession(url, headers=BROWSER) as client,
        ):
            name = f"agent-router-{url.rpartition(':')[2]}"
            if not start:
                for who in ("leaves", "stays"):
                    form = {"token": (await get(client, "/", 401)).tokens["/sign-in"], "next": "/", "key": KEY}
                    async with client.post("/sign-in", data=form, allow_redirects=False) as answer:
                        cookies[who] = answer.cookies[name].value
                    client.cookie_jar.clear()
                token = (await get(client, "/", Cookie=f"{name}={cookies['leaves']}")).tokens["/sign-out"]
                headers = {"Cookie": f"{name}={cookies['leaves']}"}
                async with client.post("/sign-out", data={"token": token}, headers=headers) as answer:
                    pass
            for who in ("leaves", "stays"):
                async with client.get("/", headers={"Cookie": f"{name}={cookies[who]}"}) as answer:
                    statuses.append(answer.status)
    assert statuses == [401, 200, 401, 200]
    assert (tmp_path / "signed_out").stat().st_mode & 0o077 == 0


async def test_not_many_keys_can_be_tried(keyed: aiohttp.ClientSession) -> None:
    statuses = [(await sign_in(keyed, key=str(i)))[0] for i in range(MOST)]
    assert statuses == [401] * MOST
    form = {"token": (await get(keyed, "/", 401)).tokens["/sign-in"], "next": "/", "key": KEY}
    async with keyed.post("/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.status == 429  # the right one too, or else it could be told from the others
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert "set-cookie" not in answer.headers
    async with keyed.get("/v1/models", headers={"x-api-key": KEY}) as answer:
        assert answer.status == 200  # agents go on


async def test_a_link_from_another_site_comes_without_the_cookie(keyed: aiohttp.ClientSession) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert "/requests?agent=x" in (await get(keyed, "/requests?agent=x", 401, **link)).addresses
    assert "/requests?agent=x" not in (await get(keyed, "/requests?agent=x", 401)).addresses


async def test_who_is_signed_in_need_not_again(keyed: aiohttp.ClientSession) -> None:
    await sign_in(keyed)
    async with keyed.get("/sign-in?next=/models", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["location"]) == (303, "/models")


async def test_what_the_page_for_signing_in_is_made_of(keyed: aiohttp.ClientSession) -> None:
    page = await get(keyed, "/sign-in?next=/families", 401)
    assert page.fields["next"] == "/families"
    assert "script" not in page.tags
    for address in page.addresses:
        if address.startswith("/static/"):
            async with keyed.get(address) as answer:
                assert answer.status == 200
    for there in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\n",
        "/sign-in?x",
    ):
        async with keyed.get("/sign-in", params={"next": there}) as answer:
            assert PageText(await answer.text()).fields["next"] == "/"


async def test_the_key_is_not_taken_from_a_pages_address_nor_repeated(keyed: aiohttp.ClientSession) -> None:
    async with keyed.get("/requests", params={"key": KEY}) as answer:
        assert answer.status == 401
        text = await answer.text()
    assert KEY not in text
    assert PageText(text).fields["next"] == "/requests"


async def test_signing_in_is_for_our_own_page(keyed: aiohttp.ClientSession) -> None:
    token = (await get(keyed, "/", 401)).tokens["/sign-in"]
    good = {"token": token, "next": "/", "key": KEY}
    for form, headers, status in (
        ({"key": KEY}, {}, 403),
        (good, {"Origin": "http://127.0.0.1:1"}, 403),
        (good, {"Sec-Fetch-Site": "same-site"}, 403),
        (good, {"Content-Type": "text/plain"}, 415),
    ):
        async with keyed.post("/sign-in", data=form if status == 403 else "key=x", headers=headers) as answer:
            assert answer.status == status
            assert "set-cookie" not in answer.headers
    https = {"Origin": f"https://{keyed._base_url.host}:{keyed._base_url.port}"}  # type: ignore[union-attr]
    async with keyed.post("/sign-in", data=good, headers=https, allow_redirects=False) as answer:
        assert "; Secure" in answer.headers["set-cookie"]  # behind a proxy that speaks it


async def test_sessions_outlive_a_restart_and_end_with_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"server": {"api_key_env": "MY_KEY"}}
    cookie, statuses = "", list[int]()
    for key, folder in ((KEY, "a"), (KEY, "a"), ("another", "a"), (KEY, "b")):
        monkeypatch.setenv("MY_KEY", key)
        async with running_router(tmp_path / folder, settings) as (url, _), aiohttp.ClientSession(url) as client:
            port = url.rpartition(":")[2]
            if not cookie:
                async with client.get("/", headers=BROWSER) as answer:
                    token = PageText(await answer.text()).tokens["/sign-in"]
                form = {"token": token, "key": KEY, "next": "/"}
                async with client.post("/sign-in", data=form, allow_redirects=False) as answer:
                    cookie = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
            async with client.get("/", headers=BROWSER | {"Cookie": f"a={{; agent-router-{port}={cookie}"}) as answer:
                statuses.append(answer.status)
    assert statuses == [200, 200, 401, 401]


async def test_without_a_key_nobody_signs_in(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, _), aiohttp.ClientSession(url, headers=BROWSER) as client:
        assert "Sign out" not in (await get(client, "/")).text
        async with client.get("/sign-in") as answer:
            assert answer.status == 404


async def test_models_are_a_page_for_people_and_a_list_for_agents(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, _), aiohttp.ClientSession(url) as client:
        await get(client, "/models", **BROWSER)
        for accept in ("*/*", "application/json", ""):
            async with client.get("/models", headers={"Accept": accept}) as answer:
                assert (await answer.json())["object"] == "list"
        async with client.get("/models", headers={"anthropic-version": "2023-06-01"}) as answer:
            assert "has_more" in await answer.json()


async def test_the_settings_are_those_that_hold(tmp_path: Path) -> None:
    async with (
        running_router(
            tmp_path, {"server": {"port": 9999}, "upstreams": {"x": {"base_url": "http://x/v1", "key": "k3y"}}}
        ) as (
            url,
            _,
        ),
        aiohttp.ClientSession(url) as client,
        client.get("/api/settings") as answer,
    ):
        found = await answer.json()
        assert found["values"]["server.port"] == {"value": 9999, "origin": "command line"}
        assert found["values"]["upstreams.x.key"]["value"] == "set (hidden)"
        assert found["ledger"].startswith(str(tmp_path))
        assert "k3y" not in await answer.text()
        assert "k3y" not in (await get(client, "/settings")).text


async def test_forms_from_a_foreign_host_name_change_nothing(tmp_path: Path) -> None:
    """DNS rebinding: a page of evil.example, whose name has come to mean 127.0.0.1."""
    name = "title-0a1b2c3d"
    async with running_router(tmp_path) as (url, app), aiohttp.ClientSession(url) as client:
        assert app._ledger is not None
        now = time.time()
        figures = dict.fromkeys(("requests", "local", "escalated", "shadowed"), 1)
        row = FamilyRow(
            name=name,
            kind="title",
            label="",
            agents="",
            nodes="",
            first_seen=now,
            last_seen=now,
            rung="shadow",
            **figures,
        )
        app._ledger.record(Learned(families=(row,)))
        assert app._ledger.flush()
        path = f"/families/{name}"
        token = (await get(client, path)).tokens[f"{path}/pin"]
        form = {"token": token, "route": "local"}
        port = url.rpartition(":")[2]
        rebound = {
            "Host": f"evil.example:{port}",
            "Origin": f"http://evil.example:{port}",
            "Sec-Fetch-Site": "same-origin",
        }
        for method, data in (("GET", None), ("POST", form)):
            async with client.request(
                method, path if data is None else f"{path}/pin", data=data, headers=rebound
            ) as answer:
                assert answer.status == 403
        assert learned.pins(app._ledger.path) == []
        async with client.post(f"{path}/pin", data=form, headers={"Origin": url}, allow_redirects=False) as answer:
            assert answer.status == 303
        assert learned.pins(app._ledger.path) == [learned.Pin(name, "local")]
        deadline = time.monotonic() + 10
        while app._keeper._families._pins != {name: "local"}:  # type: ignore[union-attr]
            assert time.monotonic() < deadline, "the running router did not take the pin"
            await asyncio.sleep(0.1)


@pytest.mark.skipif(find() is None, reason="no Chromium here; install one or set CHROMIUM to its path")
async def test_the_page_of_models_follows_though_programs_get_a_list_there(tmp_path: Path) -> None:
    async with running_router(tmp_path) as (url, app), browse(str(find())) as page:
        await page.open(f"{url}/models")
        await page.until("document.getElementById('connection').dataset.state === 'live'")
        assert app._ledger is not None
        row = UsageRecord(source="proxy", key="k", time=datetime.now(UTC), model="glm-4.6", provider="x", output=7)
        app._ledger.record(row)
        assert app._ledger.flush()
        app.feed.finished(row)
        await page.until("document.getElementById('models').innerText.includes('glm-4.6')")
        assert page.problems == []
