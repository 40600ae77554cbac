"""The first page: the split, the requests as they come, and the answers to what one asks of it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from datetime import datetime
from functools import partial
from typing import Any, Final

from agent_dashboards.addresses import requests_address
from agent_dashboards.questions.agents import AGENTS
from agent_dashboards.questions.escalations import ESCALATIONS
from agent_dashboards.questions.labs import LABS
from agent_dashboards.questions.money import MONEY
from agent_dashboards.questions.question import Answer, Asked, add_question, answer, choices
from agent_dashboards.questions.repetition import REPETITION
from agent_dashboards.questions.tasks import MIX, TASKS
from agent_dashboards.questions.trend import TREND
from agent_dashboards.questions.year import YEAR
from agent_dashboards.request_row import request_row, shown
from agent_dashboards.site import Data, Drawn, Site
from agent_dashboards.sources_page import COVERAGE
from agent_dashboards.split_bar import SEGMENTS, split_bar
from agent_dashboards.time_range import Range, begin_of, first_day
from agent_telemetry.live import Running
from agent_telemetry.split import Split, split
from agent_telemetry.usage_record import UsageRecord

QUESTIONS: Final = (TREND, AGENTS, TASKS, MIX, REPETITION, LABS, YEAR, MONEY, ESCALATIONS, COVERAGE)
"""In the order of the page."""
SHOWN_REQUESTS = 10
WAITED_S = 0.08
"""What is read by then is in the page, and the split; the page asks for the rest when a reader comes near it."""


def add_overview(site: Site) -> None:
    """`/`, `/split`, and a page for each question. The twin of `/` has all that theirs have."""
    for question in QUESTIONS:
        add_question(site, question)

    async def data(asked: Asked) -> Drawn:
        found = await split_of(site, asked.range)
        bar = split_bar(found, asked.by)
        segments = [segment._asdict() for segment in bar.segments]
        data = {"range": asked.range, "by": asked.by, "total": bar.total, "segments": segments, **found}
        begin = first_day(asked.range, datetime.now().date())
        addresses = {key: requests_address(begin, segment=key.replace("-", "/")) for key in SEGMENTS}
        return Drawn(data, {"bar": bar, "rows": _rows(site), "addresses": addresses, **choices()})

    async def page(asked: Asked) -> Data:
        until = time.monotonic() + WAITED_S
        first = asyncio.ensure_future(data(asked))
        await asyncio.sleep(0)  # it is to be read before the others
        asking = {question.name: asyncio.ensure_future(answer(site, question, asked)) for question in QUESTIONS}
        for task in asking.values():
            task.add_done_callback(_seen)
        drawn = await first
        await asyncio.wait(asking.values(), timeout=max(0.0, until - time.monotonic()))
        sections = [
            {"name": question.name, "page": question.page, "html": _html(asking[question.name])}
            for question in QUESTIONS
        ]
        return drawn.data | drawn.shown | {"sections": sections, "kept": SHOWN_REQUESTS}

    async def twin(asked: Asked) -> Data:
        answers = await asyncio.gather(*(answer(site, question, asked) for question in QUESTIONS))
        found = {question.name: each.data for question, each in zip(QUESTIONS, answers, strict=True)}
        return {"range": asked.range, "by": asked.by, "split": (await data(asked)).data} | found

    site.page("/split", "split.html", Asked, data)
    site.html("/", "overview.html", Asked, page)
    site.json("/api/overview", Asked, twin)


async def split_of(site: Site, range_: Range) -> Split:
    """The split of a range up to now."""
    since = begin_of(range_, datetime.now())
    read = partial(split, site.ledger, site.classify, since=since, by_session=False)
    found: dict[str, Any] = await site.kept.get(("split", range_), read)
    return found


def _rows(site: Site) -> list[dict[str, str]]:
    snapshot = site.feed.snapshot()
    running, finished = snapshot.running[-SHOWN_REQUESTS:], snapshot.finished[:SHOWN_REQUESTS]
    requests: list[Running | UsageRecord] = [*reversed(running), *finished]
    return [shown(request_row(request, site.classify)) for request in requests]


def _html(asking: asyncio.Task[Answer]) -> str:
    """The section if it is there; where it cannot be read its own page says why."""
    return asking.result().html if asking.done() and asking.exception() is None else ""


def _seen(asking: asyncio.Task[Answer]) -> None:
    with contextlib.suppress(sqlite3.Error, asyncio.CancelledError):
        asking.result()
