"""A question that a plot answers: a section of the overview, and a page of its own with a JSON twin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from agent_dashboards.measured import By
from agent_dashboards.site import Data, Drawn, Site
from agent_dashboards.split_bar import MEASURES
from agent_dashboards.time_range import RANGES, Range


class Asked(msgspec.Struct, frozen=True):
    """The range of time, and what is measured."""

    range: Range = "7d"
    by: By = "output"


class Question(NamedTuple):
    """`name` is its address, its section's id, and its template's name in `questions/`. `data` reads the ledger, in a
    thread: the twin's JSON, with the answer's sentence as `title`; `view` adds what is drawn of it."""

    name: str
    page: str
    data: Callable[[Site, Asked, date], Data]
    view: Callable[[Data], Data]


class Answer(NamedTuple):
    """The twin's JSON, and the section."""

    data: Data
    html: str


async def answer(site: Site, question: Question, asked: Asked) -> Answer:
    """The answer as it is now, or was a moment ago. Raises `sqlite3.Error`."""
    today = datetime.now().date()

    def read() -> Answer:
        data = {"range": asked.range, "by": asked.by} | question.data(site, asked, today)
        shown = data | question.view(data) | {"name": question.name, "query": f"range={asked.range}&by={asked.by}"}
        return Answer(data, site.fragment(f"questions/{question.name}.html", shown))

    found: Answer = await site.kept.get((question.name, asked, today), read)
    return found


def add_question(site: Site, question: Question) -> None:
    """Its page and its twin."""

    async def data(asked: Asked) -> Drawn:
        found = await answer(site, question, asked)
        return Drawn(found.data, {"section": found.html, "page": question.page, **choices()})

    site.page(f"/{question.name}", "question.html", Asked, data)


def choices() -> Data:
    """What the reader may choose from."""
    return {"ranges": RANGES, "measures": {key: name for key, (name, _) in MEASURES.items()}}
