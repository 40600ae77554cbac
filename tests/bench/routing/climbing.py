"""How families of a known success climb, on the production classes: families, estimate, ladder; no model, no HTTP."""

from __future__ import annotations

import random
import statistics
from typing import Any

from agent_router.outcomes.label import Signal, behaved
from agent_router.routing.families import Families
from agent_router.routing.ladder import Ladder
from agent_router.routing.task import Task, task
from agent_router.settings import Routing
from agent_router.wire.chat.wire import ChatWire

SALT = b"the bench's own salt, of 32 bytes"
AT = 25
"""Occurrences, after which a family that is good enough should be local."""
_WORDS = [
    "alpha",
    "bravo",
    "carol",
    "delta",
    "echo",
    "foxtrot",
    "golf",
    "hotel",
    "india",
    "juliet",
    "kilo",
    "lima",
    "mike",
    "november",
    "oscar",
    "papa",
]
_WORDS += ["quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "xray", "yankee", "zulu"]
_OTHERS = (0.5, 0.8, 0.9, 0.97, 0.99)  # success of the families around it


def climb(success: float, requests: int, seed: int, *, comparison: float, others: int) -> tuple[bool, float]:
    """(whether it is local after 25 occurrences, share of its requests that were) of a family whose local answers are
    good with this chance. `comparison`: how often a comparison with a closed answer is right."""
    rng = random.Random(seed)
    families, ladder = Families(SALT), Ladder(Routing(), rng.random)
    kinds = [("Classify the following ticket by its urgency now", success)]
    kinds += [(" ".join(rng.sample(_WORDS, 8)), rng.choice(_OTHERS)) for _ in range(others)]
    seen = local = 0
    then = False
    while seen < requests:
        mine = not others or rng.random() < 2 / (others + 2)
        words, good = kinds[0] if mine else rng.choice(kinds[1:])
        known = families.known(_task(f"{words}: {' '.join(rng.choices(_WORDS, k=rng.randint(3, 12)))}"), "m")
        verdict = ladder.decide(known)
        if verdict.rung is not None:
            families.moved(known.family.name, verdict.rung, verdict.reason)
        if mine:
            seen += 1
            local += verdict.route == "local"
            then = verdict.route == "local" if seen == AT + 1 else then
        _learn(families, known, rng.random() < good, rng, verdict.route, verdict.explore, comparison)
    return then, local / seen


def _learn(
    families: Families, known: Task, good: bool, rng: random.Random, route: str, explore: float, comparison: float
) -> None:
    signal: Signal | None = None
    if rng.random() < explore:
        agree = good if rng.random() < comparison else not good
        signal = Signal("agreement", float(agree), min(comparison, 0.999), max(1 - comparison, 0.001))
    elif route == "local":
        noticed = rng.random() < (0.02 if good else 0.45)
        signal = behaved("went on", not noticed)
    if signal is not None and known.reading is not None:
        families.learn("m", known.reading, signal.label, signal.weight)


def _task(text: str) -> Task:
    raw = b'{"model":"auto","messages":[{"role":"user","content":"%s"}]}' % text.encode()
    return task(ChatWire().read(raw, {}), {}, SALT)


def one_offs(requests: int, seed: int) -> float:
    """Share of questions asked once that are local, in a router whose families are all good."""
    rng = random.Random(seed)
    families, ladder = Families(SALT), Ladder(Routing(), rng.random)
    kinds = [" ".join(rng.sample(_WORDS, 8)) for _ in range(12)]
    once = local = 0
    for _ in range(requests):
        single = rng.random() < 0.15
        words = " ".join(rng.sample(_WORDS, 8)) if single else rng.choice(kinds)
        known = families.known(_task(f"{words}: {' '.join(rng.choices(_WORDS, k=8))}"), "m")
        verdict = ladder.decide(known)
        once += single
        local += single and verdict.route == "local"
        _learn(families, known, rng.random() < (0.4 if single else 0.98), rng, verdict.route, verdict.explore, 0.97)
    return local / max(once, 1)


def figures(runs: int) -> list[dict[str, Any]]:
    """The bars of the ladder, each over so many runs."""
    rows = []
    for others, around in ((0, "alone"), (12, "among 12 others")):
        for comparison, words in ((1.0, "comparisons all right"), (0.92, "92 % of comparisons right")):
            for success in (1.0, 0.97, 0.8, 0.5):
                requests = AT + 1 if success > 0.9 else 250
                found = [climb(success, requests, seed, comparison=comparison, others=others) for seed in range(runs)]
                rows.append(
                    {
                        "success": success,
                        "where": f"{around}, {words}",
                        "runs": runs,
                        "local after 25": statistics.fmean(then for then, _ in found),
                        "share of requests local": statistics.fmean(share for _, share in found),
                    }
                )
    return rows
