"""What did the escalations cost? Local answers that were refused, why, and what checking costs."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from agent_dashboards.addresses import requests_address
from agent_dashboards.number_format import duration, money, percent, whole
from agent_dashboards.plots.bars import Item, bars
from agent_dashboards.plots.columns import Amount, columns
from agent_dashboards.plots.table import Cell, table
from agent_dashboards.questions.question import Asked, Question
from agent_dashboards.shown_name import name
from agent_dashboards.site import Data, Site
from agent_dashboards.time_range import IN_WORDS, day_name, every, first_day, midnight, monday
from agent_telemetry.escalations import EscalationWeek, escalations

_WEEKS = 26
_CHECKS = {
    "audit": "closed answers beside local ones",
    "sample": "second local answers",
    "shadow": "local answers beside closed ones",
}
_PROBLEMS = {
    "control_tokens": "control tokens in it",
    "echo": "the question again",
    "empty": "nothing in it",
    "garbled": "garbled",
    "invented_tool": "a tool that is none",
    "language": "another language",
    "loop": "the same again and again",
    "missing_call": "no tool call",
    "refusal": "a refusal",
    "schema": "another form than asked",
    "tool_arguments": "wrong arguments of a tool",
    "tool_as_text": "a tool call as text",
    "truncated": "cut off",
    "two samples differ": "two samples differ",
}


def _data(site: Site, asked: Asked, today: date) -> Data:
    begin = first_day(asked.range, today)
    found = escalations(site.ledger, since=midnight(begin) if begin else None)
    first = monday(today) - timedelta(weeks=_WEEKS - 1)
    weeks = escalations(site.ledger, since=midnight(first)).weeks if begin is None or begin > first else found.weeks
    tried, escalated = (sum(getattr(week, key) for week in found.weeks) for key in ("tried", "escalated"))
    billed = [week.billed for week in found.weeks if week.billed is not None]
    seconds = sum(week.vain_seconds for week in found.weeks)
    data: Data = {
        "begin": begin.isoformat() if begin else None,
        "tried": tried,
        "escalated": escalated,
        "share": escalated / tried if tried else None,
        "billed": sum(billed) / 1_000_000 if billed else None,
        "unpriced": sum(week.unpriced for week in found.weeks),
        "vain_seconds": seconds,
        "weeks": [_dollars(msgspec.structs.asdict(week)) for week in weeks],
        "problems": [_dollars(msgspec.structs.asdict(each)) for each in found.problems],
        "checks": [_dollars(msgspec.structs.asdict(each)) for each in found.checks],
    }
    return {"title": _title(IN_WORDS[asked.range], data)} | data


def _dollars(figures: Data) -> Data:
    billed = figures["billed"]
    return figures | {"billed": None if billed is None else billed / 1_000_000}


def _title(when: str, data: Data) -> str:
    tried, escalated = data["tried"], data["escalated"]
    if not tried:
        return f"No request was tried locally first {when}"
    requests = "The one request" if tried == 1 else f"{whole(tried)} requests"
    if not escalated:
        if tried == 1:
            return f"The one request that was tried locally {when} was answered there"
        return f"All {requests} that were tried locally {when} were answered there"
    why = f", most often for “{problem_words(data['problems'][0]['problem'])}”" if len(data["problems"]) > 1 else ""
    cost = f"; that cost {money(data['billed'])} and " if data["billed"] is not None else "; that cost "
    of = f"{whole(escalated)} of {whole(tried)} requests tried locally {when} ({percent(escalated / tried)})"
    verb = "was" if escalated == 1 else "were"
    return f"{of} {verb} sent on to the closed side{why}{cost}{duration(1000 * data['vain_seconds'])} of waiting"


def problem_words(code: str) -> str:
    """Verification's code of what was wrong with an answer, for people."""
    return _PROBLEMS.get(code) or name(code, 40).replace("_", " ")


def _view(data: Data) -> Data:
    begin = date.fromisoformat(data["begin"]) if data["begin"] else None
    by_week = {date.fromisoformat(each["week"]): each for each in data["weeks"]}
    amounts, rows = [], list[list[Cell | str]]()
    nothing = _dollars(msgspec.structs.asdict(EscalationWeek(week="")))
    for week in every(min(by_week), max(by_week), 7) if by_week else ():
        each = by_week.get(week, nothing)
        share = each["escalated"] / each["tried"] if each["tried"] else 0.0
        address = requests_address(week, week + timedelta(days=6), source="proxy") if each["tried"] else ""
        figures = f"{whole(each['escalated'])} of {whole(each['tried'])} tried locally"
        amounts.append(Amount(day_name(week), f"Week of {day_name(week)}: {figures}, {percent(share)}", share, address))
        rows.append(
            [
                Cell(f"Week of {day_name(week)}", address),
                whole(each["tried"]),
                whole(each["escalated"]),
                percent(share) if each["tried"] else "–",
                money(each["billed"]),
                duration(1000 * each["vain_seconds"]) if each["attempts"] else "–",
            ]
        )
    rows.reverse()
    problems = []
    for each in data["problems"]:
        cost = f"{money(each['billed'])}, {duration(1000 * each['vain_seconds'])}"
        words = problem_words(each["problem"])
        hint = f"{words}: {whole(each['escalated'])} requests, {cost}"
        problems.append(Item(words, {"ink": float(each["escalated"])}, whole(each["escalated"]), hint))
        rows.append([f"Why: {words}", "", whole(each["escalated"]), "", money(each["billed"]),
                     duration(1000 * each["vain_seconds"])])  # fmt: skip
    for each in data["checks"]:
        words = f"Checking: {_CHECKS.get(each['purpose'], name(each['purpose'], 40))}"
        rows.append(
            [words, whole(each["runs"]), "", "", money(each["billed"]), duration(1000 * each["seconds"])],
        )
    most = max((amount.value for amount in amounts), default=0.0)
    head = ["Week, or what for", "Tried", "Escalated", "Share", "Billed", "Seconds"]
    return {
        "plot": columns(amounts, f"The share of escalated requests by week. {data['title']}.", labels=5),
        "most": percent(most),
        "bars": bars(problems),
        "checks_said": _checks_said(data["checks"]),
        "table": table("Escalations by week, by reason, and what was run to check answers", head, rows),
        "rows": requests_address(begin, source="proxy", route="closed"),
    }


def _checks_said(checks: list[Data]) -> str:
    return ", ".join(
        f"{whole(each['runs'])} {_CHECKS.get(each['purpose'], name(each['purpose'], 40))}"
        for each in checks
        if each["runs"]
    )


ESCALATIONS = Question("escalations", "What did escalations cost?", _data, _view)
