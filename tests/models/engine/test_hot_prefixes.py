"""Prefixes that are used again and again outlive the worker."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent_models.completion import CompletionRequest
from agent_models.engine.engine import Engine
from agent_models.engine.hot_prefixes import HOT, HotPrefixes
from agent_models.engine.load_options import LoadOptions
from agent_models.engine.model import Model
from agent_models.engine.saved_prefixes import SHORTEST, SavedPrefixes
from tests.models.engine.asking import Desk, ask, collect, text_of, until, usage_of

PREFIX = "what the agent says each time, over and over. " * 20


def beat(nth: int) -> CompletionRequest:
    return ask(f"{PREFIX} now it is {nth}", max_tokens=8)


class HotDesk(Desk):
    def __init__(self, model: Model, saved: SavedPrefixes) -> None:
        super().__init__(model)
        self.hot = HotPrefixes(saved, self.cache, self.context)
        self.scheduler._hot = self.hot


@pytest.fixture
def saved(tmp_path: Path, tiny_path: Path) -> SavedPrefixes:
    return SavedPrefixes(tmp_path, tiny_path, 100_000_000)


def test_what_several_requests_began_from_is_saved_and_brought_back(tiny_model: Model, saved: SavedPrefixes) -> None:
    first = HotDesk(tiny_model, saved)
    answers = []
    for nth in range(HOT + 1):
        assert not first.hot.save()
        answers.append(text_of(first.answer(beat(nth))))
    used = first.cache.used
    assert first.hot.save()
    assert not first.hot.save()
    assert len(saved) == 1
    assert first.cache.used == used  # nothing was left behind
    second = HotDesk(tiny_model, saved)
    events = second.answer(beat(1))
    assert usage_of(events).cache_read >= SHORTEST
    assert text_of(events) == answers[1]  # the state is the very one
    assert usage_of(second.answer(beat(9))).cache_read > SHORTEST


def test_a_conversation_that_grows_is_not_saved(tiny_model: Model, saved: SavedPrefixes) -> None:
    desk = HotDesk(tiny_model, saved)
    text = PREFIX
    for nth in range(4):
        text += f" turn {nth} " + "and more of it " * 12
        desk.answer(ask(text, max_tokens=2))
        assert not desk.hot.save()
    assert len(saved) == 0


def test_a_state_that_llama_cpp_does_not_take_is_forgotten(tiny_model: Model, saved: SavedPrefixes) -> None:
    desk = HotDesk(tiny_model, saved)
    for nth in range(HOT + 1):
        desk.answer(beat(nth))
    desk.hot.save()
    (path,) = saved._folder.glob("*.kv")
    tokens = desk.cache.tokens(next(iter(desk.cache.kept)))
    length = saved.longest(tokens)
    saved.save(tokens[:length], b"no state of llama.cpp's" * 100)
    other = HotDesk(tiny_model, saved)
    events = other.answer(beat(1))
    assert usage_of(events).cache_read == 0
    assert usage_of(events).output > 0
    assert not path.exists()


def test_when_the_disk_is_full_it_is_said_and_nothing_else_happens(
    tiny_model: Model, saved: SavedPrefixes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saved, "save", full)
    desk = HotDesk(tiny_model, saved)
    for nth in range(HOT + 1):
        desk.answer(beat(nth))
    free = desk.cache.free
    desk.hot.save()
    assert "No space left" in capsys.readouterr().err
    assert desk.cache.free == free


async def test_after_a_restart_the_prefix_is_there(tiny_path: Path, tmp_path: Path) -> None:
    load = LoadOptions(threads=1, prefixes=tmp_path / "prefixes", prefix_bytes=100_000_000)
    engine = Engine(tiny_path, name="tiny", load=load)
    for nth in range(HOT + 1):
        await collect(engine.complete(beat(nth)))
    await until(lambda: list((tmp_path / "prefixes").rglob("*.kv")))
    await asyncio.sleep(0.05)
    await engine.stop()
    again = Engine(tiny_path, name="tiny", load=load)
    usage = usage_of(await collect(again.complete(beat(7))))
    assert usage.cache_read >= SHORTEST
    await again.stop()
