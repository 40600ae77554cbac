"""Several requests in one batch: who is read when, and that nobody's answer is changed by it."""

from __future__ import annotations

import random

import pytest

from agent_models.completion import TextDelta
from agent_models.engine.context import NoRoomError
from agent_models.engine.model import Model
from agent_models.engine.pace import TILE
from tests.models.engine.asking import Desk, ask, calls_of, desk, reason_of, schema_format, text_of, usage_of
from tests.models.engine.test_generation import PING, WEATHER


def endless(model: Model, text: str = "on and on", **fields: object) -> object:
    bias = dict.fromkeys(model.ends, -100.0)
    return ask(text, **{"max_tokens": 300, "temperature": 1.0, "seed": 4, "logit_bias": bias, **fields})


def test_a_new_request_joins_between_two_steps(model: Model) -> None:
    bench = desk(model)
    first = bench.begin(endless(model))  # type: ignore[arg-type]
    bench.run(30)
    written = len(bench.events[first])
    assert written > 5
    second = bench.begin(ask("another", max_tokens=5))
    bench.run(20)
    assert usage_of(bench.events[second]).output <= 5
    assert len(bench.events[first]) > written
    assert bench.scheduler.running
    bench.run()


def test_mixed_kinds_together_are_what_they_are_alone(model: Model) -> None:
    requests = [
        ask("plain", max_tokens=30),
        ask("seeded", max_tokens=30, temperature=1.2, seed=3),
        ask("call", tools=(WEATHER, PING), tool_choice="required", temperature=1.5, seed=1, max_tokens=300),
        ask(
            "json", output_format=schema_format({"type": "array", "items": {"type": "integer"}}), seed=2, max_tokens=60
        ),
        ask("a longer prompt " * 40, max_tokens=20),
        ask("stopped", stop=("a", "e"), max_tokens=40),
    ]
    bench = desk(model)
    alone = [bench.answer(request) for request in requests]
    bench.cache.clear()
    together = [bench.begin(request) for request in requests]
    bench.run()
    assert not bench.errors
    for one, other in zip(alone, together, strict=True):
        events = bench.events[other]
        assert text_of(events) == text_of(one)
        assert reason_of(events) == reason_of(one)
        assert usage_of(events).output == usage_of(one).output
        assert [(c.name, c.arguments) for c in calls_of(events)] == [(c.name, c.arguments) for c in calls_of(one)]


def test_a_burst_on_one_cold_prefix_reads_it_once(model: Model) -> None:
    prefix = "the same long beginning " * 50
    bench = desk(model)
    bench.scheduler.pace._alone = 64
    burst = [bench.begin(ask(prefix + f"end {n}", max_tokens=4)) for n in range(6)]
    bench.run()
    usages = [usage_of(bench.events[each]) for each in burst]
    assert usages[0].cache_read == 0
    assert all(usage.cache_read > 1000 for usage in usages[1:])
    assert sum(usage.input for usage in usages) < 1.1 * usages[0].prompt
    assert len({usage.prompt for usage in usages}) == 1


def test_who_waits_for_another_goes_on_by_itself_when_that_one_is_cancelled(model: Model) -> None:
    prefix = "the same long beginning " * 50
    bench = desk(model)
    bench.scheduler.pace._alone = 64
    first, second = (bench.begin(ask(prefix + end, max_tokens=4)) for end in ("one", "two"))
    bench.run(3)
    leader, waiting = bench.scheduler.running
    assert waiting.sequence is None
    bench.scheduler.cancel(leader)
    bench.run()
    assert not bench.events[first]
    assert usage_of(bench.events[second]).cache_read == 0


def test_running_answers_flow_while_a_long_prompt_is_read(model: Model) -> None:
    bench = desk(model)
    writer = bench.begin(endless(model, max_tokens=200))  # type: ignore[arg-type]
    bench.run(5)
    bench.scheduler.pace._beside = 32
    bench.begin(ask("x" * 1200, max_tokens=2))
    before = usage = len(bench.events[writer])
    steps = bench.steps
    while any(running.reading for running in bench.scheduler.running):
        bench.scheduler.pace._beside = 32  # whatever this machine could do
        bench.run(1)
        assert len([e for e in bench.events[writer] if isinstance(e, TextDelta)]) >= usage
        usage = len(bench.events[writer])
    assert bench.steps - steps > 20
    assert usage - before > 10
    bench.run()


def test_a_short_prompt_does_not_wait_for_a_long_one(model: Model) -> None:
    bench = desk(model)
    bench.scheduler.pace._alone = 64
    long, short = bench.begin(ask("x" * 1500, max_tokens=2)), bench.begin(ask("hi", max_tokens=2))
    while not bench.events[short] or not isinstance(bench.events[short][-1], object):
        bench.run(1)
        bench.scheduler.pace._alone = 64
    assert not bench.events[long]
    bench.run()


def test_when_cells_run_out_the_youngest_reads_again_and_nothing_is_lost(tiny_model: Model) -> None:
    bench = Desk(tiny_model, cells=2048)
    requests = [endless(tiny_model, f"number {n} " * 20, max_tokens=700, seed=n) for n in range(4)]
    alone = []
    for request in requests:
        alone.append(text_of(bench.answer(request)))  # type: ignore[arg-type]
        bench.cache.clear()
    together = [bench.begin(request) for request in requests]  # type: ignore[arg-type]
    bench.run()
    assert not bench.errors
    for each, text in zip(together, alone, strict=True):
        # Sums in batches of other sizes round differently, which such long answers show at some point.
        assert text_of(bench.events[each])[:100] == text[:100]
        assert usage_of(bench.events[each]).output == 700
        assert usage_of(bench.events[each]).cache_read < usage_of(bench.events[each]).prompt
    assert bench.cache.used <= 2048


def test_no_room_in_llama_cpp_gives_up_what_is_kept(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = desk(model)
    bench.answer(ask("kept", max_tokens=2))
    real, refused = bench.context.decode, 0

    def decode(batch: object) -> None:
        nonlocal refused
        refused += 1
        if refused == 1:
            raise NoRoomError
        real(batch)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.context, "decode", decode)
    assert usage_of(bench.answer(ask("other", max_tokens=3))).output > 0
    assert refused > 1


def test_many_mixed_requests_with_random_cancels_leave_nothing_behind(model: Model) -> None:
    chance = random.Random(7)
    bench = desk(model)
    for _ in range(300):
        if len(bench.scheduler.running) < 6:
            kind = chance.randrange(4)
            text = "shared beginning " * chance.randrange(1, 30) + str(chance.randrange(5))
            fields = {"max_tokens": chance.randrange(1, 30), "temperature": 1.0, "seed": chance.randrange(9)}
            if kind == 1:
                fields |= {"tools": (PING,), "tool_choice": "required"}
            elif kind == 2:
                fields |= {"output_format": schema_format({"type": "boolean"})}
            bench.begin(ask(text, **fields))
        bench.run(chance.randrange(1, 6))
        if bench.scheduler.running and chance.random() < 0.3:
            bench.scheduler.cancel(chance.choice(bench.scheduler.running))
    bench.run()
    assert not bench.errors
    kept = set(bench.cache._kept)
    assert set(bench.cache._of) == kept
    assert len(bench.cache._free) + len(kept) == bench.context.sequences
    assert bench.cache.make_room(bench.context.cells)
    assert bench.cache.used == 0


def test_the_rest_of_a_tile_behind_a_long_prompt_is_read_as_a_whole_one(model: Model) -> None:
    bench = desk(model)
    prefix = "x" * 1300
    first = usage_of(bench.answer(ask(prefix, max_tokens=2)))
    whole = bench.answer(ask(f"{prefix} and forty characters that are new here", max_tokens=8))
    assert usage_of(whole).input == TILE
    assert usage_of(whole).cache_read > first.prompt - TILE
    few = usage_of(bench.answer(ask(f"{prefix} few", max_tokens=2)))
    assert few.input < TILE // 2
    bench.cache.clear()
    assert text_of(bench.answer(ask(f"{prefix} and forty characters that are new here", max_tokens=8))) == text_of(
        whole
    )
