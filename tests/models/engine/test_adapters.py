"""LoRA adapters on top of one model: swapped between requests, and never mixed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent_models.completion import CompletionRequest, Event
from agent_models.engine.engine import Engine
from agent_models.engine.generation import Generation
from agent_models.engine.model import Model
from agent_models.engine.prompt import PromptWriter
from agent_models.engine.protocol import Adapter
from agent_models.errors import ModelFileError
from tests.models.engine.asking import Desk, ask, collect, desk, text_of, usage_of
from tests.models.engine.tiny_lora import make_tiny_lora


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> list[Adapter]:
    folder = tmp_path_factory.mktemp("adapters")
    return [Adapter(str(make_tiny_lora(folder / f"{seed}.gguf", seed=seed))) for seed in range(2)]


def begin(bench: Desk, request: CompletionRequest, adapter: Adapter | None) -> int:
    prompt = PromptWriter(bench.model).tokens(request)
    bench._next += 1
    bench.events[bench._next] = []
    bench.scheduler.add(bench._next, prompt, Generation(bench.model, bench.context, request, prompt), adapter)
    return bench._next


def answered(bench: Desk, request: CompletionRequest, adapter: Adapter | None) -> list[Event]:
    identity = begin(bench, request, adapter)
    bench.run()
    return bench.events[identity]


def test_each_changes_the_answer_and_is_gone_with_it(model: Model, adapters: list[Adapter]) -> None:
    bench = desk(model)
    request = ask("say something", max_tokens=30)
    plain = text_of(answered(bench, request, None))
    first, second = (text_of(answered(bench, request, adapter)) for adapter in adapters)
    assert len({plain, first, second}) == 3
    assert text_of(answered(bench, request, None)) == plain
    assert text_of(answered(bench, request, adapters[0])) == first
    weak = Adapter(adapters[0].path, 0.0)
    assert text_of(answered(bench, request, weak)) == plain


def test_what_one_has_read_is_not_anothers(model: Model, adapters: list[Adapter]) -> None:
    bench = desk(model)
    request = ask("a long beginning " * 20, max_tokens=4)
    assert usage_of(answered(bench, request, None)).cache_read == 0
    assert usage_of(answered(bench, request, adapters[0])).cache_read == 0
    assert usage_of(answered(bench, request, adapters[0])).cache_read > 100
    assert usage_of(answered(bench, request, None)).cache_read > 100


def test_at_the_same_time_each_gets_its_own_and_in_turn(model: Model, adapters: list[Adapter]) -> None:
    bench = desk(model)
    request = ask("say something else", max_tokens=20)
    kinds = [None, adapters[0], adapters[1], None, adapters[0]]
    alone = [text_of(answered(bench, request, kind)) for kind in kinds]
    bench.cache.clear()
    together = [begin(bench, request, kind) for kind in kinds]
    ended: list[int] = []
    while bench.scheduler.running:
        before = {running.id for running in bench.scheduler.running}
        bench.run(1)
        open_ones = {running.adapter for running in bench.scheduler.running if running.sequence is not None}
        assert len(open_ones) <= 1
        ended += sorted(before - {running.id for running in bench.scheduler.running})
    assert [text_of(bench.events[each]) for each in together] == alone
    assert ended == together  # nobody went before who came later


async def test_through_the_worker_and_what_is_none(tiny_path: Path, tmp_path: Path, adapters: list[Adapter]) -> None:
    engine = Engine(tiny_path, name="tiny")
    request = ask("hello", max_tokens=20)
    plain, adapted = await asyncio.gather(
        collect(engine.complete(request)), collect(engine.complete(request, adapter=adapters[0]))
    )
    assert text_of(plain) != text_of(adapted)
    (tmp_path / "none.gguf").write_bytes(b"GGUFnothing")
    wrong = make_tiny_lora(tmp_path / "wide.gguf", width=128)
    for path in (tmp_path / "missing.gguf", tmp_path / "none.gguf", wrong):
        with pytest.raises(ModelFileError, match=f"adapter {path.name}"):
            await collect(engine.complete(request, adapter=Adapter(str(path))))
    assert engine.restarts == 0
    assert text_of(await collect(engine.complete(request))) == text_of(plain)
    await engine.stop()
