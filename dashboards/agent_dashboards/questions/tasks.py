"""Which kind of task? The kinds of requests by openness, and how their mix shifts from week to week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from agent_dashboards.addresses import requests_address
from agent_dashboards.measured import FEW, NOTHING, By, Measured, amount, measured, parts, shown, together
from agent_dashboards.number_format import percent, whole
from agent_dashboards.plots.bars import Item, bars
from agent_dashboards.plots.matrix import Value, matrix
from agent_dashboards.plots.table import Cell, table
from agent_dashboards.questions.question import Asked, Question
from agent_dashboards.questions.split_table import keys_of, split_cells, split_head
from agent_dashboards.site import Data, Site
from agent_dashboards.split_bar import MEASURES
from agent_dashboards.task_words import task_words
from agent_dashboards.time_range import IN_WORDS, day_name, every, first_day, midnight, monday
from agent_telemetry.trend import trend

_MOST = 16
_MOST_IN_TABLE = 200
_WEEKS = 26
_COMPARED_WEEKS = 4
_IN_WORDS = {1: "week", 2: "two weeks", 3: "three weeks", 4: "four weeks"}
UNSEEN = "unknown"
"""The task of calls that did not pass through the router, which only then sees what is asked."""


def _data(site: Site, asked: Asked, today: date) -> Data:
    begin = first_day(asked.range, today)
    rows = trend(site.ledger, site.classify, ("task",), since=midnight(begin) if begin else None)
    tasks: list[Data] = []
    unseen = NOTHING
    for row in rows:
        figures = measured(row, asked.by)
        if row.keys[0] == UNSEEN:
            unseen = figures
        elif figures.requests or figures.total:
            tasks.append({"task": row.keys[0], **figures.json()})
    tasks.sort(key=lambda each: (-each["total"], -each["requests"], each["task"]))
    return {
        "title": _title(asked, tasks, unseen),
        "begin": begin.isoformat() if begin else None,
        "tasks": tasks,
        "unseen": unseen.json(),
    }


def _title(asked: Asked, tasks: list[Data], unseen: Measured) -> str:
    when, measure = IN_WORDS[asked.range], MEASURES[asked.by][0]
    used = [each for each in tasks if each["total"]]
    if not used:
        if unseen.requests:
            return f"Of no request {when} the kind of task is known: none passed through the router"
        return f"There is no request {when}, and so no kind of task"
    ranked = sorted((each for each in used if each["requests"] >= FEW), key=lambda each: -each["open_share"])
    if len(ranked) < 2 or percent(ranked[0]["open_share"]) == percent(ranked[-1]["open_share"]):
        share = percent(used[0]["total"] / sum(each["total"] for each in used))
        return f"{task_words(used[0]['task'])} are most of what the router saw {when}: {share} of {measure}"
    first, last = ranked[0], ranked[-1]
    most, least = percent(first["open_share"]), percent(last["open_share"])
    return (
        f"{task_words(first['task'])} come from open models the most, {most} of their {measure}; "
        f"{task_words(last['task']).lower()} the least, {least}"
    )


def _view(data: Data) -> Data:
    by: By = data["by"]
    begin = date.fromisoformat(data["begin"]) if data["begin"] else None
    items, rows = [], list[tuple[Cell | str, ...]]()
    for each in data["tasks"]:
        figures = Measured(each["segments"], each["requests"])
        address = requests_address(begin, task=each["task"])
        share = figures.open_share
        if figures.total:
            hint = f"{task_words(each['task'])}: {amount(figures.total, by)}. {parts(figures)}"
            figure = f"{percent(share or 0.0)} open"
            items.append(
                Item(
                    task_words(each["task"]),
                    figures.values,
                    figure,
                    hint,
                    f"{whole(figures.requests)} requests",
                    address,
                )
            )
        if len(rows) < _MOST_IN_TABLE:
            rows.append((Cell(task_words(each["task"]), address), *split_cells(figures, by)))
    unseen = Measured(data["unseen"]["segments"], data["unseen"]["requests"])
    if unseen.requests:
        rows.append((Cell("not seen by the router"), *split_cells(unseen, by)))
    everything = together([unseen, *(Measured(each["segments"], each["requests"]) for each in data["tasks"])])
    return {
        "bars": bars(items[:_MOST], whole=True),
        "more": max(0, len(items) - _MOST),
        "unseen_share": percent(unseen.total / everything.total) if everything.total and unseen.total else "",
        "unseen_total": shown(unseen.total, by),
        "measure": MEASURES[by][0],
        "table": table("Kinds of task", split_head("Kind", by), rows),
        "rows": requests_address(begin),
        "keys": keys_of(each["segments"] for each in data["tasks"]),
    }


TASKS = Question("tasks", "Which kind of task?", _data, _view)


def _mix_data(site: Site, asked: Asked, today: date) -> Data:
    this_week = monday(today)
    first = this_week - timedelta(weeks=_WEEKS - 1)
    rows = trend(site.ledger, site.classify, ("task", "week"), since=midnight(first))
    weeks: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.keys[0] != UNSEEN and row.leaf["requests"]:
            weeks.setdefault(row.keys[0], {})[row.keys[1]] = row.leaf["requests"]
    used = sorted({week for counts in weeks.values() for week in counts})
    shown_weeks = [day.isoformat() for day in every(date.fromisoformat(used[0]) if used else this_week, this_week, 7)]
    totals = {week: sum(counts.get(week, 0) for counts in weeks.values()) for week in shown_weeks}
    tasks: list[Data] = [
        {"task": task, "requests": [counts.get(week, 0) for week in shown_weeks]} for task, counts in weeks.items()
    ]
    tasks.sort(key=lambda each: (-sum(each["requests"]), each["task"]))
    return {
        "title": _mix_title(tasks, [totals[week] for week in shown_weeks]),
        "weeks": shown_weeks,
        "requests": [totals[week] for week in shown_weeks],
        "tasks": tasks,
    }


def _mix_title(tasks: list[dict[str, Any]], totals: list[int]) -> str:
    if not tasks:
        return "The mix of tasks is known once requests pass through the router"
    used = [i for i, total in enumerate(totals) if total]
    weeks = min(_COMPARED_WEEKS, (used[-1] - used[0] + 1) // 2)
    first, last = range(used[0], used[0] + weeks), range(used[-1] - weeks + 1, used[-1] + 1)
    of_first, of_last = (sum(totals[i] for i in part) for part in (first, last))
    if min(of_first, of_last) < FEW:
        share = percent(sum(tasks[0]["requests"]) / sum(totals))
        return f"{task_words(tasks[0]['task'])} are the most frequent kind of task, {share} of requests"

    def share_of(task: Data, of: range, total: int) -> float:
        return float(sum(task["requests"][i] for i in of) / total)

    task = max(tasks, key=lambda task: abs(share_of(task, last, of_last) - share_of(task, first, of_first)))
    before, now = share_of(task, first, of_first), share_of(task, last, of_last)
    when = f"between the first {_IN_WORDS[weeks]} and the last"
    if percent(before) == percent(now):
        return f"The mix of tasks has hardly changed {when}"
    moved = "grew" if now > before else "shrank"
    return f"{task_words(task['task'])} {moved} from {percent(before)} to {percent(now)} of requests {when}"


def _mix_view(data: Data) -> Data:
    weeks = [date.fromisoformat(week) for week in data["weeks"]]
    lines, rows = [], list[list[Cell | str]]()
    for each in data["tasks"][:_MOST]:
        values = []
        for week, requests, total in zip(weeks, each["requests"], data["requests"], strict=True):
            share = requests / total if total else None
            hint = f"{task_words(each['task'])}, week of {day_name(week)}: {whole(requests)} of {whole(total)} requests"
            address = requests_address(week, week + timedelta(days=6), task=each["task"]) if requests else ""
            values.append(Value(share, hint, address))
        address = requests_address(weeks[0], task=each["task"])
        figure = percent(sum(each["requests"]) / max(sum(data["requests"]), 1))
        lines.append((task_words(each["task"]), address, values, figure))
    for number, week in reversed(list(enumerate(weeks))):
        total = data["requests"][number]
        shares = [
            percent(each["requests"][number] / total) if each["requests"][number] else "–"
            for each in data["tasks"][:_MOST]
        ]
        when = Cell(f"Week of {day_name(week)}", requests_address(week, week + timedelta(days=6)) if total else "")
        rows.append([when, whole(total), *shares])
    names = [task_words(each["task"]) for each in data["tasks"][:_MOST]]
    return {
        "plot": matrix(lines, [day_name(week) for week in weeks], f"Kinds of task by week. {data['title']}."),
        "more": max(0, len(data["tasks"]) - _MOST),
        "table": table("Share of each kind of task by week", ["Week", "Requests", *names], rows),
        "rows": requests_address(weeks[0]),
    }


MIX = Question("mix", "How does my mix of tasks shift?", _mix_data, _mix_view)
