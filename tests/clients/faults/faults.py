"""What goes wrong with the upstream, as behaviours of `tests/upstreams`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# Events before the first that has something of the answer, and so many that some text has been told.
_EMPTY = {"chat": 1, "responses": 2, "messages": 1, "gemini": 0}
_SOME = {"chat": 3, "responses": 12, "messages": 9, "gemini": 8}


@dataclass(frozen=True)
class Fault:
    """`script` gives the upstream's script for a dialect. `passes`: the turn has to end well; else the user has to be
    told. `seconds`: how long the turn is watched, from its first request."""

    name: str
    script: Callable[[str], list[str]]
    passes: bool = False
    seconds: float = 40.0


def _always(words: str) -> Callable[[str], list[str]]:
    return lambda dialect: [words]


def _once(words: str) -> Callable[[str], list[str]]:
    return lambda dialect: [words, "ok"]


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("503", _always("status:code=503")),
        Fault("500", _always("status:code=500")),
        Fault("429", _always("status:code=429")),
        Fault("429, retry-after 2 s", _always("status:code=429,retry_after=2")),
        Fault("429, retry-after 20 s", _always("status:code=429,retry_after=20")),
        Fault("502 with a page", _always("status:code=502,html=True")),
        Fault("no connection", _always("reset_on_accept")),
        Fault("cut in mid-answer", lambda dialect: [f"cut_after:events={_SOME[dialect]}"]),
        Fault("cut before it", lambda dialect: [f"cut_after:events={_EMPTY[dialect]}"]),
        Fault("401", _always("status:code=401")),
        Fault("404", _always("status:code=404")),
        Fault("413", _always("status:code=413")),
        Fault("one 503", _once("status:code=503"), passes=True),
        Fault("one 429", _once("status:code=429,retry_after=1"), passes=True),
        Fault("30 s of silence", _always("stall_before_headers:seconds=30"), passes=True, seconds=90.0),
    )
}
