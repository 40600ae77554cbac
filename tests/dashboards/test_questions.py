"""The sentences above the plots: true of the data, also of little data and of none."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from agent_dashboards import kept
from agent_dashboards.overview import QUESTIONS
from agent_dashboards.time_range import RANGES
from tests.dashboards.conftest import serve
from tests.dashboards.everyday import fill

if TYPE_CHECKING:
    from tests.dashboards.conftest import Site

MEASURES = ("output", "requests", "tokens", "money")
NAMES = [question.name for question in QUESTIONS]


async def title(client: aiohttp.ClientSession, name: str, query: str = "") -> str:
    """The sentence, which the page has like its twin."""
    found = await twin(client, name, query)
    async with client.get(f"/{name}?{query}") as answer:
        assert answer.status == 200
        heading = re.search(rf'<h2 id="{name}-title">(.*?)</h2>', await answer.text(), re.DOTALL)
    assert heading is not None
    assert unescape(heading[1]) == found["title"]
    return str(found["title"])


async def twin(client: aiohttp.ClientSession, name: str, query: str = "") -> Any:
    async with client.get(f"/api/{name}?{query}") as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


def several(site: Site, number: int, key: str, days: float = 0, **fields: Any) -> None:
    when = datetime.now(UTC) - timedelta(days=days)
    site.record(*(site.row(f"{key}-{i}", time=when, **fields) for i in range(number)))


CLOSED = {"model": "closed-5", "provider": "openai", "place": "hosted", "route": "closed"}


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "KEPT_S", -1.0)
    monkeypatch.setattr(kept, "LONGEST_S", -1.0)


async def test_of_nothing_every_question_says_so(client: aiohttp.ClientSession) -> None:
    for name, (range_, by) in itertools.product(NAMES, zip(RANGES, MEASURES, strict=True)):
        said = await title(client, name, f"range={range_}&by={by}")
        assert not re.search(r"[0-9]+ %|\$|None|nan", said), said


async def test_a_share_that_grows(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 10, "a", output=62)
    several(site, 10, "b", output=38, **CLOSED)
    assert (
        await title(client, "trend")
        == "Open models wrote 62 % of output tokens in the last 7 days, all of it on one day"
    )
    several(site, 10, "c", days=8, output=53)
    several(site, 10, "d", days=8, output=47, **CLOSED)
    said = "Open models wrote 62 % of output tokens in the last 7 days, 9 points more than in the 7 days before"
    assert await title(client, "trend") == said
    data = await twin(client, "trend")
    assert len(data["columns"]) == 14
    assert data["columns"][-1] == {
        "begin": datetime.now().date().isoformat(),
        "total": 1000,
        "open_share": 0.62,
        "requests": 20,
        "segments": {"open-device": 620, "closed": 380},
    }
    assert (await twin(client, "trend", "by=requests"))["title"].startswith("Open models answered 50 % of requests")
    assert "as much as in the 7 days before" in await title(client, "trend", "by=requests")


async def test_a_share_of_little_is_said_to_be_of_little(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 1, "a")
    assert (
        await title(client, "trend", "range=today")
        == "Open models wrote 100 % of output tokens today, of only one request"
    )
    several(site, 2, "b", **CLOSED)
    assert "33 % of requests today, of only 3 requests" in await title(client, "trend", "range=today&by=requests")
    several(site, 100, "c", days=1)
    assert "yesterday" not in await title(client, "trend", "range=today")  # three requests are nothing to compare


async def test_a_share_of_unknown_models_is_named(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 10, "a")
    several(site, 10, "b", model="who knows", place="hosted")
    said = "Open models wrote 50 % of output tokens in the last 30 days; of 50 % nobody knows"
    assert await title(client, "trend", "range=30d") == said


async def test_all_time_compares_its_first_weeks_with_its_last(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 20, "a", days=100, **CLOSED)
    several(site, 20, "b", days=1)
    said = "Open models' share of requests has grown from 0 % in the first four weeks to 100 % in the last four"
    assert await title(client, "trend", "range=all&by=requests") == said
    data = await twin(client, "trend", "range=all")
    assert data["period"] == "week"
    assert 15 <= len(data["columns"]) <= 16
    assert sum(column["requests"] for column in data["columns"]) == 40


async def test_agents_are_ranked_where_they_work_a_good_deal(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 12, "a", agent="codex")
    assert await title(client, "agents") == "Only codex has output tokens in the last 7 days, 100 % from open models"
    several(site, 12, "b", agent="claude", **CLOSED)
    several(site, 1, "c", agent="pi", output=1)
    said = "codex uses open models the most, for 100 % of its output tokens; claude the least, for 0 %"
    assert await title(client, "agents") == said
    assert [each["agent"] for each in (await twin(client, "agents"))["agents"]] == ["claude", "codex", "pi"]
    several(site, 12, "d", agent="claude", days=40)
    assert await title(client, "agents") == said


async def test_kinds_of_task(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 5, "log", source="claude", route=None)
    said = "Of no request in the last 7 days the kind of task is known: none passed through the router"
    assert await title(client, "tasks") == said
    several(site, 12, "a", family="title-3f9a12bc")
    several(site, 12, "b", family="ask-00000001", **CLOSED)
    said = "Titles come from open models the most, 100 % of their output tokens; turns the least, 0 %"
    assert await title(client, "tasks") == said
    data = await twin(client, "tasks")
    assert [(each["task"], each["requests"]) for each in data["tasks"]] == [("ask", 12), ("title", 12)]
    assert data["unseen"]["requests"] == 5


async def test_the_mix_of_tasks_shifts(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 15, "a", days=15, family="title-3f9a12bc")
    several(site, 5, "b", days=15, family="ask-00000001")
    several(site, 10, "c", family="title-3f9a12bc")
    assert "Titles grew from 75 % to 100 % of requests between the first week and the last" in await title(
        client, "mix"
    )
    several(site, 30, "d", family="ask-00000001")
    assert await title(client, "mix") in (
        "Titles shrank from 75 % to 25 % of requests between the first week and the last",
        "Turns grew from 25 % to 75 % of requests between the first week and the last",
    )


async def test_days_of_a_year(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 1, "a")
    assert "One day so far" in await title(client, "year")
    several(site, 2, "b", days=1, **CLOSED)
    several(site, 2, "c", days=400)
    assert await title(client, "year") == "Open models had most of the output tokens on 1 of 2 days with any"


async def test_money_is_never_added_up(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 1, "a", billed=None)
    assert await title(client, "money") == "What was billed in the last 7 days is not known"
    several(site, 2, "b", billed=2_000_000, equivalent=3_000_000, **CLOSED)
    several(site, 1, "c", billed=0, equivalent=500_000, avoided=500_000)
    said = (
        "$4.00 was billed in the last 7 days, 1 of 4 requests left out, whose price is not known; "
        "answering locally avoided $0.50"
    )
    assert await title(client, "money") == said
    data = await twin(client, "money")
    assert (data["billed"], data["equivalent"], data["avoided"], data["unpriced"]) == (4.0, 6.5, 0.5, 1)


async def test_labs(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 3, "a")
    several(site, 1, "b", model="who knows")
    assert (
        await title(client, "labs", "by=requests")
        == "Models of A lab have the most, 75 % of requests in the last 7 days"
    )
    several(site, 9, "c", model="who knows")
    said = "Models of labs that nobody knows have the most, 77 % of requests in the last 7 days"
    said += "; of the open labs A lab, 23 %"
    assert await title(client, "labs", "by=requests") == said


async def test_what_the_figures_rest_on(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 1, "a")
    assert await title(client, "coverage") == "These figures rest on one call from one source; none was seen twice"
    several(site, 2, "b", source="codex")
    several(site, 1, "c", source="codex", duplicate="proxy")
    said = "These figures rest on 3 calls from 2 sources; one duplicate was left out"
    assert await title(client, "coverage") == said
    assert await title(client, "sources") == said


async def test_a_small_change_is_not_said_to_be_none(client: aiohttp.ClientSession, site: Site) -> None:
    several(site, 199, "a")
    several(site, 1, "b", **CLOSED)
    several(site, 200, "c", days=8)
    said = await title(client, "trend", "by=requests")
    assert said == "Open models answered > 99 % of requests in the last 7 days, about as much as in the 7 days before"


@pytest.fixture
async def everyday(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    fill(tmp_path / "ledger.db", datetime.now(UTC), days=60, a_day=20)
    async with serve(tmp_path) as site, aiohttp.ClientSession(site.url) as client:
        yield client


async def test_every_range_and_measure_of_everyday_use(everyday: aiohttp.ClientSession) -> None:
    for name in (*NAMES, "models", "sources", "split"):
        for range_, by in zip(RANGES, MEASURES, strict=True):
            query = f"range={range_}&by={by}"
            async with everyday.get(f"/{name}?{query}") as answer:
                assert answer.status == 200
                html = await answer.text()
            assert not re.search(r"\b(None(?!\.| open)|nan|inf)\b|e[-+][0-9]{2}", re.sub(r"<[^>]+>", "", html)), (
                name,
                query,
            )
            assert not re.search(r' (x|y|width|height)="-', html)
            await twin(everyday, name, query)
    overview = await twin(everyday, "overview", "range=30d")
    assert set(overview) == {"range", "by", "split", *NAMES}
    assert overview["trend"] == await twin(everyday, "trend", "range=30d")


async def test_parts_agree_with_the_split(everyday: aiohttp.ClientSession) -> None:
    for range_ in RANGES:
        whole = (await twin(everyday, "split", f"range={range_}"))["all"]["output"]
        agents = await twin(everyday, "agents", f"range={range_}")
        assert sum(each["total"] for each in agents["agents"]) == whole
        labs = await twin(everyday, "labs", f"range={range_}")
        for group in ("labs", "origins", "licences"):
            assert sum(each["total"] for each in labs[group]) == whole
        tasks = await twin(everyday, "tasks", f"range={range_}")
        assert sum(each["total"] for each in tasks["tasks"]) + tasks["unseen"]["total"] == whole
        assert (await twin(everyday, "models", f"range={range_}"))["total"] == whole
        trend = await twin(everyday, "trend", f"range={range_}")
        shown = [column for column in trend["columns"] if range_ == "all" or column["begin"] >= trend["begin"]]
        assert sum(column["total"] for column in shown) == whole
