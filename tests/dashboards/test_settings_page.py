"""Settings, and the choice about reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from agent_dashboards import settings_page
from agent_telemetry.consent import FILE, read_consent
from tests.dashboards.page_text import PageText

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site


@pytest.fixture(autouse=True)
def nothing_forces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without CI, and a policy of our own, which is not there yet."""
    for name in ("CI", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "TF_BUILD", "JENKINS_URL", "DO_NOT_TRACK"):
        monkeypatch.delenv(name, raising=False)
    policy = tmp_path / "policy.toml"
    monkeypatch.setattr(settings_page, "policy_path", lambda: policy)
    return policy


async def page(client: aiohttp.ClientSession, path: str = "/settings") -> PageText:
    async with client.get(path) as answer:
        assert answer.status == 200
        return PageText(await answer.text())


async def choose(client: aiohttp.ClientSession, level: str) -> tuple[int, str, str]:
    token = (await page(client)).tokens["/settings/consent"]
    form = {"token": token, "level": level}
    async with client.post("/settings/consent", data=form, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("location", ""), PageText(await answer.text()).text


async def reports(client: aiohttp.ClientSession) -> dict[str, object]:
    async with client.get("/api/settings") as answer:
        assert answer.status == 200
        found: dict[str, object] = (await answer.json())["reports"]
        return found


async def test_the_configuration_and_where_it_comes_from(client: aiohttp.ClientSession, site: Site) -> None:
    site.settings = {
        "file": "/home/u/<b>config.toml",
        "file_exists": False,
        "data": "/data",
        "values": {
            "server.port": {"value": 9999, "origin": "file"},
            "upstreams.x.key": {"value": "set (hidden)", "origin": "environment"},
            "ledger.keep_days": {"value": 90, "origin": "command line"},
            "routing.keep_text": {"value": False, "origin": "default"},
            "routing.local_only": {"value": ["<script>"], "origin": "file"},
        },
        "warnings": ["[x] holds its key in the clear."],
    }
    found = await page(client)
    assert found.tags.count("script") == 1
    for said in (
        "server.port9999file",
        "set (hidden)environment",
        "erased after 90 days",
        "none is kept: no prompt, no answer",
        "/home/u/<b>config.toml not there; defaults are used",
        "4 values are not the default",
        "[x] holds its key in the clear.",
        f"OpenAI's APIs{site.url}/v1",
        f"(OTLP over HTTP){site.url}",
        str(site.path),
    ):
        assert said.replace(" ", "") in found.text.replace(" ", ""), said
    async with client.get("/api/settings") as answer:
        twin = await answer.json()
    assert twin["values"]["server.port"] == {"value": 9999, "origin": "file"}
    assert (twin["keep_days"], twin["keep_text"], twin["ledger"]) == (90, False, str(site.path))


async def test_a_choice_is_kept_and_can_be_changed(client: aiohttp.ClientSession, site: Site) -> None:
    assert "You are not asked before 7 days of use and 200 requests" in (await page(client)).text
    assert "This version sends nothing, whatever you choose." in (await page(client)).text
    for level, name in (("headline", "Two shares"), ("table", "Two shares and the mix"), ("off", "Nothing")):
        status, location, _ = await choose(client, level)
        assert (status, location) == (303, "/settings?done=consent#reports")
        consent = read_consent(site.path.parent)
        assert consent is not None
        assert consent.level == level
        assert f"Your choice is kept: {name}." in (await page(client, "/settings?done=consent")).text
        assert (await reports(client))["level"] == level
    assert (await choose(client, "everything"))[0] == 400


async def test_the_buttons_are_equal(client: aiohttp.ClientSession, site: Site) -> None:
    async with client.get("/settings") as answer:
        html = await answer.text()
    buttons = [part.partition(">")[0] for part in html.split("<button")[1:]]
    assert len(buttons) == 3
    assert {
        part.replace(level, "LEVEL") for part, level in zip(buttons, ("off", "headline", "table"), strict=True)
    } == {' type="submit" name="level" value="LEVEL" aria-describedby="level-LEVEL" aria-pressed="false"'}


async def test_what_forces_it_off_is_said_and_cannot_be_got_round(
    client: aiohttp.ClientSession, site: Site, monkeypatch: pytest.MonkeyPatch, nothing_forces: Path
) -> None:
    await choose(client, "table")
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    text = (await page(client)).text
    assert "Reports are off, and cannot be switched on here. DO_NOT_TRACK is set" in text
    async with client.get("/settings") as answer:
        assert (await answer.text()).count(" disabled>") == 2
    status, _, said = await choose(client, "table")
    assert status == 409
    assert "DO_NOT_TRACK is set" in said
    assert (await choose(client, "off"))[0] == 303  # no is always taken
    monkeypatch.delenv("DO_NOT_TRACK")
    nothing_forces.write_text('[telemetry]\nlevel = "headline"\n')
    assert (await choose(client, "table"))[0] == 409
    assert (await choose(client, "headline"))[0] == 303
    found = await reports(client)
    assert (found["level"], found["most"]) == ("headline", "headline")


async def test_a_choice_that_cannot_be_kept_is_said(client: aiohttp.ClientSession, site: Site) -> None:
    (site.path.parent / FILE).mkdir()
    status, _, said = await choose(client, "headline")
    assert status == 503
    assert "could not be kept" in said


async def test_without_its_token_nothing_is_chosen(client: aiohttp.ClientSession, site: Site) -> None:
    token = (await page(client)).tokens["/settings/consent"]
    for form, headers in (
        ({"level": "table"}, {}),
        ({"level": "table", "token": token}, {"Origin": "http://127.0.0.1:9"}),
        ({"level": "table", "token": token}, {"Sec-Fetch-Site": "cross-site"}),
    ):
        async with client.post("/settings/consent", data=form, headers=headers) as answer:
            assert answer.status == 403
    async with client.get("/settings/consent", params={"level": "table", "token": token}) as answer:
        assert answer.status == 405
    assert read_consent(site.path.parent) is None
