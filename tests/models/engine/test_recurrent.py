"""A model with a state that cannot be cut back, end to end: Mamba, with random weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_models.engine.hot_prefixes import HOT
from agent_models.engine.model import RECURRENT_SEQUENCES, Model
from agent_models.engine.saved_prefixes import BLOCK, SavedPrefixes
from tests.models.engine.asking import Desk, ask, calls_of, load, text_of, usage_of
from tests.models.engine.test_generation import PING
from tests.models.engine.test_hot_prefixes import PREFIX, HotDesk, beat
from tests.models.engine.tiny_gguf import make_tiny_mamba


@pytest.fixture(scope="module")
def mamba_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_mamba(tmp_path_factory.mktemp("models") / "mamba.gguf")


@pytest.fixture(scope="module")
def mamba(mamba_path: Path) -> Model:
    return load(mamba_path)


def cold(model: Model, nth: int) -> str:
    return text_of(Desk(model).answer(beat(nth)))


def test_it_answers_alone_and_beside_others(mamba: Model) -> None:
    assert mamba.recurrent
    desk = Desk(mamba)
    assert desk.context.sequences == RECURRENT_SEQUENCES
    alone = [text_of(Desk(mamba).answer(ask(f"number {n}", max_tokens=20))) for n in range(4)]
    together = [desk.begin(ask(f"number {n}", max_tokens=20)) for n in range(4)]
    desk.run()
    assert not desk.errors
    assert [text_of(desk.events[each]) for each in together] == alone
    (call,) = [c for c in calls_of(desk.answer(ask("x", tools=(PING,), tool_choice="required"))) if c.name]
    assert call.name == "ping"


def test_the_third_request_begins_from_what_it_shares_with_the_first(mamba: Model) -> None:
    desk = Desk(mamba)
    first, second, third = (desk.answer(beat(n)) for n in range(3))
    assert usage_of(first).cache_read == usage_of(second).cache_read == 0
    shared = usage_of(third).cache_read
    assert shared % BLOCK == 0
    assert len(PREFIX) - BLOCK < shared < usage_of(third).prompt
    assert [text_of(each) for each in (first, second, third)] == [cold(mamba, n) for n in range(3)]


def test_a_burst_on_one_cold_prefix_reads_it_once(mamba: Model) -> None:
    desk = Desk(mamba)
    desk.scheduler.pace._alone = 64
    burst = [desk.begin(beat(n)) for n in range(5)]
    desk.run()
    cached = [usage_of(desk.events[each]).cache_read for each in burst]
    assert cached[0] == 0
    assert all(each > len(PREFIX) - BLOCK for each in cached[1:])
    assert [text_of(desk.events[each]) for each in burst] == [cold(mamba, n) for n in range(5)]


def test_more_prefixes_than_states_and_none_is_mistaken_for_another(mamba: Model) -> None:
    desk = Desk(mamba)
    for nth in range(2 * RECURRENT_SEQUENCES):
        request = ask(f"{nth % 7} begins " * 60 + str(nth), max_tokens=6)
        assert text_of(desk.answer(request)) == text_of(Desk(mamba).answer(request))
    for sequence in list(desk.cache.kept):
        desk.cache.drop(sequence)
    assert desk.cache.used == 0
    assert desk.cache.free == RECURRENT_SEQUENCES


def test_a_hot_prefix_is_saved_and_brought_back(mamba: Model, mamba_path: Path, tmp_path: Path) -> None:
    saved = SavedPrefixes(tmp_path, mamba_path, 100_000_000)
    desk = HotDesk(mamba, saved)
    for nth in range(HOT + 3):
        desk.answer(beat(nth))
        desk.hot.save()
    assert len(saved) == 1
    events = HotDesk(mamba, saved).answer(beat(9))
    assert usage_of(events).cache_read > len(PREFIX) - BLOCK
    assert text_of(events) == cold(mamba, 9)


def test_a_cancelled_request_leaves_its_state_free(mamba: Model) -> None:
    desk = Desk(mamba)
    for nth in range(RECURRENT_SEQUENCES):
        desk.begin(beat(nth))
    desk.run(4)
    for running in list(desk.scheduler.running):
        desk.scheduler.cancel(running)
    for sequence in list(desk.cache.kept):
        desk.cache.drop(sequence)
    assert desk.cache.free == RECURRENT_SEQUENCES
    assert text_of(desk.answer(beat(1))) == cold(mamba, 1)
