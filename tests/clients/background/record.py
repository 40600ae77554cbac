"""The figures of a run, as docs/background.md shows them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.clients.background.counting import Count

_INTRODUCTION = """\
# Background calls that are known by name

Real agents, run by `python -m tests.clients.background` against a router with the model `auto`, the bundled model and a
scripted closed side: sessions of a few turns, with tool calls, and all that makes an agent call for itself. What each
call was is decided by rules written from the agents' own sources, and compared with the ledger's row. Known is a
background call whose row names its agent and its kind.

"taken" counts turns of people that were called background; "sessions" those whose turns have one session in the ledger,
of all that there were: an agent that tells none has none there.

| agent | version | turns | background calls, known of all | known | taken | sessions |
|---|---|---|---|---|---|---|
"""


def markdown(counts: Sequence[Count]) -> str:
    """The page."""
    rows = [
        f"| {each.client} | {each.version} | {each.turns} | {kinds(each) or 'none were seen'} | {known([each])} "
        f"| {each.taken} | {each.whole} of {each.sessions} |"
        for each in counts
    ]
    total = f"| all | | {sum(each.turns for each in counts)} | | {known(counts)} | {sum(e.taken for e in counts)} | |"
    return _INTRODUCTION + "\n".join([*rows, total]) + "\n"


def kinds(count: Count) -> str:
    """As in "title 3 of 3, summary 1 of 2"."""
    return ", ".join(f"{kind} {count.known[kind]} of {n}" for kind, n in sorted(count.all.items()))


def known(counts: Sequence[Count]) -> str:
    """As in "25 of 26 (96 %)"."""
    seen, of = sum(sum(each.known.values()) for each in counts), sum(sum(each.all.values()) for each in counts)
    return f"{seen} of {of} ({100 * seen / of:.0f} %)" if of else "-"
