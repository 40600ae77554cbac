"""All requests, the newest first: what is looked for among them, a page at a time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from agent_dashboards.page_error import PageError
from agent_dashboards.request_row import request_row, shown
from agent_dashboards.site import Data, Drawn, Site
from agent_telemetry.call_choices import CallChoices, call_choices
from agent_telemetry.calls import CallFilter, CallNames, Cursor, calls
from agent_telemetry.live import KEPT_FINISHED, Running

_CURSOR = re.compile(r"([0-9]{1,15})\.([0-9]{1,15})")
_MOST_BACK = 20  # pages that "newer" leads back
_WORDS = {
    "agent": "Agent",
    "model": "Model",
    "provider": "Provider",
    "place": "Place",
    "route": "Route",
    "openness": "Openness",
    "segment": "Part of the split",
    "lab": "Lab",
    "task": "Task",
    "family": "Family",
    "session": "Session",
    "status": "Status",
    "source": "Told by",
    "since": "From",
    "until": "Before",
}
_FIXED = {"openness": ("open", "closed", "unknown"), "status": ("ok", "error", "cancelled", "cut")}
_FIRST = ("agent", "model", "openness", "route", "status")
_MORE = ("provider", "place", "lab", "task", "source")
_TYPED = ("family", "session")


class RequestsQuery(CallNames, frozen=True, kw_only=True):
    """What requests must have; see `CallFilter`. Times are ISO dates or times. `before` is where the page begins, and
    `back` where those before it did."""

    since: str | None = None
    until: str | None = None
    duplicates: bool = False
    before: str | None = None
    back: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = KEPT_FINISHED

    def filters(self) -> dict[str, str]:
        """The filters that are set, as an address has them."""
        given = {name: getattr(self, name) for name in _WORDS}
        return {name: value for name, value in given.items() if value is not None} | (
            {"duplicates": "true"} if self.duplicates else {}
        )


def add_requests(site: Site) -> None:
    """`/requests`, with `/api/requests` as its twin."""

    async def data(query: RequestsQuery) -> Drawn:
        before = _cursor(query.before)
        filter = _filter(query)
        page = await asyncio.to_thread(calls, site.ledger, filter, site.classify, query.limit, before)
        running = [each for each in site.feed.snapshot().running if before is None and _fits(each, filter, site)]
        found = {
            "filter": query.filters(),
            "limit": query.limit,
            "running": [request_row(each, site.classify) for each in running],
            "requests": [request_row(row, site.classify) for row in page.rows],
            "next": f"{page.next.time}.{page.next.id}" if page.next else None,
        }
        choices: CallChoices = await site.kept.get("choices", partial(call_choices, site.ledger, site.classify))
        return Drawn(found, _view(query, found, choices))

    site.page("/requests", "requests.html", RequestsQuery, data)


def _filter(query: RequestsQuery) -> CallFilter:
    wanted: dict[str, Any] = {name: getattr(query, name) for name in CallNames.__struct_fields__}
    wanted |= {name: _moment(name, getattr(query, name)) for name in ("since", "until")}
    return CallFilter(**wanted, duplicates=query.duplicates)


def _moment(name: str, text: str | None) -> datetime | None:
    try:
        moment = None if text is None else datetime.fromisoformat(text)
        if moment is not None:
            moment.timestamp()
    except (ValueError, OverflowError, OSError):
        said = f"The address is wrong: {name} must be a day such as 2026-11-28, or a time such as 2026-11-28T12:00."
        raise PageError(400, said) from None
    return moment


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise PageError(400, "The address is wrong: there is no page that begins there.")
    return Cursor(int(match[1]), int(match[2]))


def _fits(running: Running, filter: CallFilter, site: Site) -> bool:
    """Whether a request that runs is looked for, as far as that is known of one."""
    openness, lab = site.classify(running.model, running.provider) if running.model else (None, None)
    known = {name: getattr(running, name) for name in ("agent", "model", "provider", "place", "route", "family")}
    known |= {"openness": openness, "lab": lab, "source": "proxy"}
    known |= dict.fromkeys(("segment", "task", "session", "status"))
    return (filter.since, filter.until) == (None, None) and all(
        (wanted := getattr(filter, name)) is None or wanted == value for name, value in known.items()
    )


def _view(query: RequestsQuery, data: Data, choices: CallChoices) -> Data:
    filters = query.filters()
    trail = [cursor for cursor in query.back.split("~") if cursor == "0" or _CURSOR.fullmatch(cursor)]
    limit = {"limit": str(query.limit)} if query.limit != KEPT_FINISHED else {}
    newer = older = None
    if data["next"]:
        back = "~".join([*trail, query.before or "0"][-_MOST_BACK:])
        older = _address({**filters, **limit, "before": data["next"], "back": back})
    if trail:
        last = {} if trail[-1] == "0" else {"before": trail[-1], "back": "~".join(trail[:-1])}
        newer = _address({**filters, **limit, **last})
    return {
        "rows": [shown(row) for row in (*reversed(data["running"]), *data["requests"])],
        "live": not filters and query.before is None,
        "first": query.before is None,
        "older": older,
        "newer": newer,
        "newest": _address(filters | limit),
        "chips": [
            {
                "name": _WORDS.get(name, "Duplicates"),
                "value": "also those not counted" if name == "duplicates" else value,
                "without": _address({other: each for other, each in filters.items() if other != name}),
            }
            for name, value in filters.items()
        ],
        "choices": [_choice(name, filters, choices) for name in _FIRST],
        "more": [_choice(name, filters, choices) for name in _MORE],
        "typed": [{"name": name, "words": _WORDS[name], "value": filters.get(name, "")} for name in _TYPED],
        "more_open": any(name in filters for name in (*_MORE, *_TYPED, "duplicates")),
        "days": [
            {"name": name, "words": _WORDS[name], "value": filters.get(name, "")[:10]} for name in ("since", "until")
        ],
        "duplicates": query.duplicates,
        "segment": query.segment,
    }


def _choice(name: str, filters: dict[str, str], choices: CallChoices) -> Data:
    there: Iterable[str] = _FIXED.get(name) or getattr(choices, name)
    chosen = filters.get(name)
    options = [*there, *([chosen] if chosen is not None and chosen not in there else [])]
    return {"name": name, "words": _WORDS[name], "options": options, "chosen": chosen}


def _address(given: dict[str, str]) -> str:
    pairs = "&".join(f"{name}={quote(value, safe='', errors='replace')}" for name, value in given.items() if value)
    return "/requests" + (f"?{pairs}" if pairs else "")
