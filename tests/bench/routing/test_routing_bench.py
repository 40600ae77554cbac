"""The pieces of the routing bench, quickly."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from tests.bench.routing import climbing, figures, plots
from tests.bench.routing.grading import right, worded, wrong
from tests.bench.routing.record import record
from tests.bench.routing.running import Answered, Run
from tests.bench.routing.traffic import stream


def test_the_stream_is_the_same_for_the_same_seed_and_holds_every_kind() -> None:
    sent = list(stream(600))
    assert sent == list(stream(600))
    families = Counter(asked.family for asked in sent)
    assert families["one-off"] > 20
    assert len(families) >= 15
    assert {asked.kind for asked in sent} == {"json", "call", "text", "loose"}


def test_right_answers_are_right_however_they_are_worded_and_wrong_ones_are_not() -> None:
    rng = random.Random(1)
    for asked in stream(600):
        assert right(asked, worded(asked, rng)), asked
        assert not right(asked, wrong(asked, rng)), asked


def made(policy: str = "ladder", requests: int = 400) -> Run:
    answered = [
        Answered(f"f{i % 3}", "local" if i > 200 else "closed", "earned", str(i), "ask-1", i % 20 != 0, 0.01, i * 0.1)
        for i in range(requests)
    ]
    calls: list[dict[str, Any]] = [
        {"key": str(i), "source": "proxy", "route": "closed", "output": 5, "billed": 100, "avoided": 0}
        for i in range(requests)
    ]
    return Run(policy, answered, {"calls": calls, "trials": [], "outcomes": [], "families": [], "moves": []}, 1.0)


def test_plots_are_well_formed_and_the_page_has_its_tables() -> None:
    runs = [made(), made("always-closed")]
    found = [figures.of_policy(run) for run in runs]
    for svg in (plots.split_over_time(runs[0]), plots.swimlanes(runs[0]), plots.policies(found)):
        assert ElementTree.fromstring(svg).tag.endswith("svg")
    page = record(
        {
            "taken": {"at": datetime.now(UTC).isoformat(), "python": "3"},
            "policies": found,
            "families": figures.of_families(runs[0]),
            "trials": figures.of_trials(runs[0]),
            "delays": figures.delays({True: runs, False: runs}),
        }
    )
    assert "| always-closed |" in page.replace("\n", " ")
    assert page.count("|---") > 4


def test_a_good_family_climbs_and_a_bad_one_does_not() -> None:
    good = [climbing.climb(1.0, climbing.AT + 1, seed, comparison=1.0, others=0) for seed in range(8)]
    bad = [climbing.climb(0.5, 60, seed, comparison=1.0, others=0) for seed in range(8)]
    assert sum(then for then, _ in good) >= 7
    assert sum(share for _, share in bad) / 8 < 0.02
    assert climbing.one_offs(400, 1) <= 0.02
