"""The page of one request: why it went where it went, when what happened, what it took and cost."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from agent_dashboards.addresses import call_address, family_address, requests_address
from agent_dashboards.number_format import duration, money, whole
from agent_dashboards.page_error import PageError
from agent_dashboards.request_row import clean, request_row, shown
from agent_dashboards.site import Data, Drawn, Site
from agent_telemetry.explanation import Explanation, explanation_of, explanations, same_call
from agent_telemetry.live import Running
from agent_telemetry.sentences import sentences
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import UsageRecord


class CallQuery(msgspec.Struct, frozen=True):
    """Whose row, if not the router's; and the key, where it cannot be a part of the path."""

    source: str = ""
    key: str = ""


class Moment(NamedTuple):
    """Something that happened: milliseconds after the request arrived (None: nobody knows), and what."""

    at: float | None
    what: str


class Found(NamedTuple):
    """A call, or one that runs or whose row is on its way; `same` are other rows of the same call."""

    explanation: Explanation
    running: Running | None = None
    written: bool = True
    same: tuple[UsageRecord, ...] = ()


def add_request(site: Site) -> None:
    """`/requests/{id}`, with `/api/requests/{id}` as its twin."""

    async def data(query: CallQuery, key: str) -> Drawn:
        found = await _find(site, query.key or key, query.source)
        return Drawn(_data(site, found), _view(site, found))

    site.page("/requests/{key:path}", "request.html", CallQuery, data)


async def _find(site: Site, key: str, source: str) -> Found:
    if source in ("", "proxy"):
        for running in site.feed.snapshot().running:
            if clean(running.id) == key:
                return Found(Explanation(_as_call(running), {}, [], []), running, written=False)
    found = await asyncio.to_thread(_read, site, key, source)
    if found is not None:
        return found
    for call in site.feed.snapshot().finished:  # its row is being written
        if clean(call.key) == key and source in ("", call.source):
            return Found(Explanation(call, {}, [], []), written=False)
    raise PageError(404, "There is no such request in the ledger.")


def _read(site: Site, key: str, source: str) -> Found | None:
    explanation = explanation_of(site.ledger, key, source or None)
    if explanation is None and source in ("", "proxy"):
        begun = explanations(site.ledger, key)
        if len(begun) > 1:
            some = ", ".join(clean(each.call.key) for each in begun)
            raise PageError(404, f"Several requests begin with this: {some}. Write more of the id.")
        explanation = begun[0] if begun else None
    if explanation is None:
        return None
    return Found(explanation, same=tuple(same_call(site.ledger, explanation.call)))


def _as_call(running: Running) -> UsageRecord:
    known = msgspec.structs.asdict(running)
    return UsageRecord(source="proxy", key=known.pop("id"), **known)


def _data(site: Site, found: Found) -> Data:
    explanation = found.explanation
    call = explanation.call
    return {
        "request": request_row(found.running or call, site.classify),
        "sentences": [clean(said) for said in _sentences(found)],
        "timeline": [moment._asdict() for moment in _moments(explanation)] if found.running is None else [],
        "decision": explanation.known,
        "trials": [msgspec.to_builtins(trial) for trial in explanation.trials],
        "outcomes": [msgspec.to_builtins(outcome) for outcome in explanation.outcomes],
        "same_call": [request_row(each, site.classify) for each in found.same],
    }


def _sentences(found: Found) -> list[str]:
    if found.running is None:
        return sentences(found.explanation)
    running = found.running
    side = f"{running.model} at {running.provider} is asked ({running.route})" if running.model else "it is looked at"
    said = [f"{running.agent or 'An unknown agent'} asked for {running.requested_model or 'no model'}; {side}."]
    if running.family:
        said.append(f"Its family is {running.family}.")
    return [*said, f"Why: {running.reason}."] if running.reason else said


def _moments(explanation: Explanation) -> list[Moment]:
    call, known = explanation.call, explanation.known
    moments = [Moment(0.0, f"Asked by {call.agent or 'an unknown agent'}, for {call.requested_model or 'no model'}")]
    for trial in explanation.trials:
        at = max((trial.time - call.time).total_seconds() * 1000, 0.0)
        moments.append(Moment(at, _trial_words(trial)))
    held = known.get("held_ms")
    if call.first_byte_ms is not None:
        waited = f", after {duration(held)} held back to be verified" if isinstance(held, int | float) else ""
        moments.append(Moment(call.first_byte_ms, f"First byte of the answer{waited}"))
    if call.latency_ms is not None:
        ends = {"ok": "Answered in full", "error": "Failed", "cancelled": "The client left", "cut": "Broken off"}
        error = f": {call.error.replace('_', ' ')}" if call.error else ""
        moments.append(Moment(call.latency_ms, ends[call.status] + error))
    moments.sort(key=lambda moment: moment.at or 0.0)
    if call.attempts > 1:
        moments.insert(1, Moment(None, f"{call.attempts} attempts were made in all: the reason says what failed"))
    return [moment._replace(what=clean(moment.what)) for moment in moments]


def _trial_words(trial: Trial) -> str:
    what = {
        "attempt": "tried first, and refused",
        "sample": "asked a second time",
        "shadow": "tried in the background",
        "audit": "asked in the background, as an audit",
    }[trial.purpose]
    problem = f": {trial.problem}" if trial.problem else ""
    agree = "" if trial.agree is None else "; the two agree" if trial.agree else "; the two differ"
    return f"{trial.model} at {trial.provider} {what}{problem}{agree}"


def _view(site: Site, found: Found) -> Data:
    call = found.explanation.call
    row = request_row(found.running or call, site.classify)
    cells = shown(row)
    first, whole_time = call.first_byte_ms, call.latency_ms
    return {
        "cells": cells,
        "title": _title(row, cells),
        "when": as_local(call.time),
        "state": "running" if found.running else "unwritten" if not found.written else "kept",
        "call": call,
        "moments": [
            {"at": "" if moment.at is None else _offset(moment.at), "what": moment.what}
            for moment in (_moments(found.explanation) if found.running is None else [])
        ],
        "waited": min(first / whole_time, 1.0) if first and whole_time else None,
        "tokens": _tokens(call),
        "moneys": _moneys(call),
        "fields": _fields(row, call),
        "links": _links(call),
        "learnt": found.explanation.outcomes,
        "tried": [
            {
                "what": clean(_trial_words(trial)),
                "score": "" if trial.score is None else f"{trial.score:.2f}",
                "kind": trial.kind or "",
                "took": duration(None if trial.seconds is None else trial.seconds * 1000),
                "output": whole(trial.output),
            }
            for trial in found.explanation.trials
        ],
        "others": [
            {
                "source": each.source,
                "address": call_address(each.source, each.key),
                "counts": each.duplicate is None,
                **{name: shown(request_row(each, site.classify))[name] for name in ("time", "model", "tokens")},
            }
            for each in found.same
        ],
    }


def _title(row: Data, cells: dict[str, str]) -> str:
    where = {"device": "on this device", "lan": "on your own hardware", "hosted": "at a hosted provider"}
    where["subscription"] = "under a subscription"
    if row["status"] == "running":
        return f"{cells['model']} is being asked" if row["model"] else "A request that runs"
    model, place = row["model"] or "Nothing", where.get(row["place"], "")
    verb = {"ok": "answered", "error": "did not answer", "cancelled": "was asked, and the client left"}
    said = f"{model} {verb.get(row['status'], 'broke off')}"
    return f"{said} {place}".strip() if row["model"] and row["status"] == "ok" else said


def _offset(milliseconds: float) -> str:
    return "0" if not milliseconds else f"+{duration(milliseconds)}"


def _tokens(call: UsageRecord) -> list[dict[str, Any]]:
    """The buckets, with their shares of the bar."""
    buckets = [
        ("input", "Read fresh", call.input, ""),
        ("cache_read", "Read from a cache", call.cache_read, ""),
        ("cache_write", "Written to a cache", call.cache_write, ""),
        ("output", "Output", call.output, ""),
    ]
    if call.cache_write_1h:
        buckets[2] = (*buckets[2][:3], f"{whole(call.cache_write_1h)} of them for an hour")
    if call.reasoning:
        buckets[3] = (*buckets[3][:3], f"{whole(call.reasoning)} of them reasoning")
    total = sum(count or 0 for _, _, count, _ in buckets)
    found, start = [], 0.0
    for key, words, count, note in buckets:
        share = (count or 0) / total if total else 0.0
        found.append({"key": key, "name": words, "count": whole(count), "note": note, "start": start, "share": share})
        start += share
    return found


def _moneys(call: UsageRecord) -> list[tuple[str, str, str]]:
    def dollars(amount: int | None) -> str:
        return money(None if amount is None else amount / 1_000_000)

    return [
        ("Billed", dollars(call.billed), "what the provider charges"),
        ("Equivalent", dollars(call.equivalent), "what the same tokens cost at the closed side's list price"),
        ("Avoided", dollars(call.avoided), "not spent, because a local model answered"),
    ]


_UNITS = {
    **dict.fromkeys(("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning"), "tokens"),
    "total_tokens": "tokens",
    **dict.fromkeys(("billed", "equivalent", "avoided"), "USD"),
    **dict.fromkeys(("first_byte_ms", "latency_ms"), "ms"),
    "time": "UTC",
}


def _fields(row: Data, call: UsageRecord) -> list[tuple[str, str, str]]:
    """Every field that says something: its name in the ledger, value, unit."""
    found = []
    for name, value in row.items():
        if value is None or name == "decision":
            continue
        text = f"{value:,}" if type(value) is int and name != "http_status" else str(value)
        if name in ("first_byte_ms", "latency_ms"):
            text = f"{value:,.1f}"
        elif name in ("billed", "equivalent", "avoided"):
            text = f"{value:.6f}"
        elif name == "time":
            text = f"{call.time:%Y-%m-%d %H:%M:%S.%f}"[:-3]
        found.append((name, text, _UNITS.get(name, "")))
    return found


def _links(call: UsageRecord) -> list[tuple[str, str, str]]:
    """(what, name, address) of what has more of the same."""
    links = []
    if call.family:
        links.append(("Family", call.family, family_address(call.family)))
    if call.session:
        links.append(("Session", call.session, requests_address(session=call.session)))
    if call.agent:
        links.append(("Agent", call.agent, requests_address(agent=call.agent)))
    if call.model:
        links.append(("Model", call.model, requests_address(model=call.model)))
    return links


def as_local(time: datetime) -> str:
    """A time of day as the reader's clock has it."""
    local = time.astimezone()
    return f"{local:%A, %B} {local.day}, {local:%Y, %H:%M:%S}"
