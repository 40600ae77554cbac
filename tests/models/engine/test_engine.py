from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import psutil
import pytest

from agent_models.completion import Event, Image, Message, TextDelta
from agent_models.embedding import EmbeddingRequest
from agent_models.engine.engine import Engine
from agent_models.engine.load_options import LoadOptions
from agent_models.engine.worker_process import WorkerProcess
from agent_models.errors import (
    ContextOverflowError,
    EngineBusyError,
    EngineCrashedError,
    ModelFileError,
    ModelMemoryError,
    UnsupportedRequestError,
)
from tests.models.engine.asking import ask, collect, reason_of, schema_format, text_of, until, usage_of
from tests.models.engine.tiny_gguf import make_tiny_gguf

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")
_CONTROL = (265, 266, 267)
ENDLESS = ask("on and on", temperature=1.0, seed=3, logit_bias=dict.fromkeys(_CONTROL, -100.0), max_tokens=1900)


@pytest.fixture
async def engine(tiny_path: Path) -> AsyncIterator[Engine]:
    engine = Engine(tiny_path, name="tiny", hang_seconds=30)
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def narrow(tiny_path: Path) -> AsyncIterator[Engine]:
    """One request at a time."""
    engine = Engine(tiny_path, name="tiny", hang_seconds=30, load=LoadOptions(slots=1))
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def embedder(bert_path: Path) -> AsyncIterator[Engine]:
    """An embedding model, one request at a time."""
    engine = Engine(bert_path, name="bert", hang_seconds=30, load=LoadOptions(slots=1), queue_limit=1)
    await engine.start()
    yield engine
    await engine.stop()


async def _first(stream: AsyncIterator[Event]) -> Event:
    return await anext(stream)


def test_the_front_end_never_imports_llama_cpp() -> None:
    code = "import sys, agent_models.engine.engine, agent_models.engine.inspection; print('llama_cpp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


async def test_answers_and_what_is_known_of_the_model(engine: Engine) -> None:
    await engine.start()  # does nothing
    assert engine.info is not None
    assert engine.info.context_window == 2048
    assert engine.state == "ready"
    events = await collect(engine.complete(ask(max_tokens=30)))
    again = await collect(engine.complete(ask(max_tokens=30)))
    assert text_of(events) == text_of(again)
    assert usage_of(again).cache_read > 0
    assert await engine.count_tokens(ask(max_tokens=30)) == usage_of(events).prompt
    assert engine.prefill_rate is not None
    assert engine.generation_rate is not None
    assert (engine.predicted_seconds(100, 10) or 0) > 0


async def test_events_come_while_it_still_generates(engine: Engine) -> None:
    stream = engine.complete(ENDLESS)
    assert isinstance(await _first(stream), TextDelta)
    assert engine._running
    await stream.aclose()  # type: ignore[attr-defined]


async def test_a_closed_stream_frees_the_worker(engine: Engine) -> None:
    stream = engine.complete(ENDLESS)
    await _first(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    started = time.monotonic()
    await until(lambda: not engine._running)
    assert time.monotonic() - started < 5  # the whole answer would be cut only at 1,900 tokens
    assert reason_of(await collect(engine.complete(ask(max_tokens=3)))) in ("length", "stop")
    assert engine.restarts == 0


async def test_a_cancelled_task_frees_the_queue(narrow: Engine) -> None:
    running = narrow.complete(ENDLESS)
    await _first(running)
    queued = asyncio.create_task(collect(narrow.complete(ask())))
    await until(lambda: narrow.queue_length == 1)
    queued.cancel()
    await asyncio.wait({queued})
    assert narrow.queue_length == 0
    await running.aclose()  # type: ignore[attr-defined]


async def test_the_queue_is_first_in_first_out_and_bounded(tiny_path: Path) -> None:
    engine = Engine(tiny_path, name="tiny", queue_limit=2, load=LoadOptions(slots=1))
    await engine.start()
    running = engine.complete(ENDLESS)
    await _first(running)
    order: list[int] = []

    async def one(number: int) -> None:
        await collect(engine.complete(ask(max_tokens=2)))
        order.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(2)]
    await until(lambda: engine.queue_length == 2)
    with pytest.raises(EngineBusyError) as caught:
        await collect(engine.complete(ask()))
    assert caught.value.retry_after >= 1
    await running.aclose()  # type: ignore[attr-defined]
    await asyncio.gather(*tasks)
    assert order == [0, 1]
    await engine.stop()


async def test_several_answers_at_once_are_each_what_they_are_alone(engine: Engine) -> None:
    requests = [ask(f"question {n}", max_tokens=40, temperature=1.0, seed=n) for n in range(8)]
    alone = [text_of(await collect(engine.complete(request))) for request in requests]
    together = await asyncio.gather(*(collect(engine.complete(request)) for request in requests))
    assert [text_of(events) for events in together] == alone
    assert engine.queue_length == 0


async def test_each_client_gets_its_turn(narrow: Engine) -> None:
    running = narrow.complete(ENDLESS, client="greedy")
    await _first(running)
    order: list[str] = []

    async def one(client: str) -> None:
        await collect(narrow.complete(ask(max_tokens=2), client=client))
        order.append(client)

    tasks = [asyncio.create_task(one("greedy")) for _ in range(3)]
    await until(lambda: narrow.queue_length == 3)
    tasks.append(asyncio.create_task(one("modest")))
    await until(lambda: narrow.queue_length == 4)
    # Two seats: one is taken by the greedy client, so the other goes to the modest one.
    assert narrow.info is not None
    narrow.info = msgspec.structs.replace(narrow.info, slots=2)
    narrow._dispatch()
    assert {job.client for job in narrow._running.values()} == {"greedy", "modest"}
    await running.aclose()  # type: ignore[attr-defined]
    await asyncio.gather(*tasks)
    assert order[0] == "modest"


async def test_an_idle_model_is_unloaded_and_comes_back_with_the_next_request(tiny_path: Path) -> None:
    engine = Engine(tiny_path, name="tiny", idle_seconds=0.3)
    await collect(engine.complete(ask(max_tokens=3)))
    assert engine.idle_since is not None
    await until(lambda: engine.state == "stopped")
    assert engine.worker_pid is None
    assert engine.idle_since is None
    assert usage_of(await collect(engine.complete(ask(max_tokens=3)))).output > 0
    assert engine.restarts == 0
    await engine.stop()


async def test_a_model_in_use_is_not_unloaded(tiny_path: Path) -> None:
    engine = Engine(tiny_path, name="tiny", idle_seconds=0.2)
    stream = engine.complete(ENDLESS)
    await _first(stream)
    await engine.unload()
    await asyncio.sleep(0.5)
    assert engine.state == "ready"
    await stream.aclose()  # type: ignore[attr-defined]
    await until(lambda: engine.state == "stopped")
    await engine.stop()


async def test_requests_that_come_while_it_unloads_are_answered(engine: Engine) -> None:
    for _ in range(3):
        unloading = asyncio.create_task(engine.unload())
        await asyncio.sleep(0)
        assert usage_of(await collect(engine.complete(ask(max_tokens=2)))).output > 0
        await unloading


async def test_what_does_not_fit_is_refused_and_tried_again_when_room_was_made(tiny_path: Path) -> None:
    asked: list[str] = []

    async def make_room(engine: Engine) -> bool:
        asked.append(engine.name)
        if len(asked) == 2:
            engine._load = LoadOptions()
        return len(asked) <= 2

    engine = Engine(tiny_path, name="tiny", load=LoadOptions(context_window=2**40), make_room=make_room)
    assert usage_of(await collect(engine.complete(ask(max_tokens=2)))).output > 0
    assert asked == ["tiny", "tiny"]
    await engine.stop()
    refused = Engine(tiny_path, name="tiny", load=LoadOptions(context_window=2**40))
    with pytest.raises(ModelMemoryError, match="MiB are free"):
        await collect(refused.complete(ask()))
    assert refused.failure is not None
    await refused.stop()


async def test_refusals_carry_their_fields(engine: Engine) -> None:
    with pytest.raises(ContextOverflowError) as caught:
        await collect(engine.complete(ask("word " * 200_000)))
    assert caught.value.context_window == 2048
    assert (caught.value.prompt_tokens or 0) > 100_000
    with pytest.raises(UnsupportedRequestError) as refused:
        await collect(engine.complete(ask(messages=(Message("user", (Image("data:,"),)),))))
    assert refused.value.param == "messages"
    with pytest.raises(UnsupportedRequestError):
        await collect(engine.complete(ask("\ud800")))
    with pytest.raises(UnsupportedRequestError, match="64 bits"):
        await collect(engine.complete(ask(output_format=schema_format({"type": "integer", "minimum": 10**20}))))
    assert engine.restarts == 0


async def test_nul_bytes_do_not_truncate(engine: Engine) -> None:
    with_nul = await engine.count_tokens(ask("a\x00bcdef"))
    assert with_nul == await engine.count_tokens(ask("a+bcdef"))


@posix
async def test_a_killed_worker_is_replaced_and_queued_requests_wait_for_the_new_one(narrow: Engine) -> None:
    stream = narrow.complete(ENDLESS)
    await _first(stream)
    queued = asyncio.create_task(collect(narrow.complete(ask(max_tokens=3))))
    await until(lambda: narrow.queue_length == 1)
    assert narrow.worker_pid is not None
    os.kill(narrow.worker_pid, signal.SIGKILL)
    with pytest.raises(EngineCrashedError, match="signal 9"):
        await collect(stream)
    assert usage_of(await queued).output > 0
    assert narrow.restarts == 1


@posix
@pytest.mark.parametrize("how", ["SIGABRT", "SIGSEGV"])
async def test_what_an_assertion_or_a_bad_pointer_ends_is_replaced(engine: Engine, how: str) -> None:
    stream = engine.complete(ENDLESS)
    await _first(stream)
    assert engine.worker_pid is not None
    os.kill(engine.worker_pid, signal.Signals[how])
    with pytest.raises(EngineCrashedError, match=f"signal {int(signal.Signals[how])}"):
        await collect(stream)
    assert usage_of(await collect(engine.complete(ask(max_tokens=3)))).output > 0


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process")
async def test_a_worker_without_memory_is_replaced(engine: Engine) -> None:
    assert engine.worker_pid is not None
    worker = psutil.Process(engine.worker_pid)
    taken = worker.memory_info().vms
    worker.rlimit(psutil.RLIMIT_AS, (taken, taken))
    with pytest.raises(EngineCrashedError):
        await collect(engine.complete(ask("no room for this " * 2_000_000)))
    with pytest.raises(ContextOverflowError):  # of the new one, which has no limit
        await collect(engine.complete(ask("no room for this " * 1000)))
    assert usage_of(await collect(engine.complete(ask(max_tokens=3)))).output > 0


@posix
async def test_a_worker_killed_while_idle_is_replaced(engine: Engine) -> None:
    assert engine.worker_pid is not None
    os.kill(engine.worker_pid, signal.SIGKILL)
    await until(lambda: engine.restarts == 1 and engine.state == "ready")
    assert usage_of(await collect(engine.complete(ask(max_tokens=3)))).output > 0


@posix
@pytest.mark.parametrize("busy", [True, False])
async def test_a_worker_that_hangs_is_replaced(tiny_path: Path, busy: bool) -> None:
    engine = Engine(tiny_path, name="tiny", hang_seconds=1.5)
    await engine.start()
    assert engine.worker_pid is not None
    stream = engine.complete(ENDLESS)
    if busy:
        await _first(stream)
    os.kill(engine.worker_pid, signal.SIGSTOP)
    if busy:
        with pytest.raises(EngineCrashedError, match="stopped responding"):
            await collect(stream)
    await until(lambda: engine.restarts == 1 and engine.state == "ready")
    assert usage_of(await collect(engine.complete(ask(max_tokens=3)))).output > 0
    await engine.stop()


@posix
async def test_a_worker_that_keeps_crashing_is_given_a_rest(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_models.engine.engine.FAILED_SECONDS", 0.5)
    seen = {0}
    async with asyncio.timeout(60):
        while engine.state != "failed":
            if engine.worker_pid is not None and engine.worker_pid not in seen and engine.state == "ready":
                seen.add(engine.worker_pid)
                os.kill(engine.worker_pid, signal.SIGKILL)
            await asyncio.sleep(0.01)
    with pytest.raises(EngineCrashedError, match="keeps crashing"):
        await collect(engine.complete(ask()))
    assert "signal 9" in (engine.failure or "")
    assert len(seen) - 1 > 5
    await until(lambda: engine.state == "ready")
    assert usage_of(await collect(engine.complete(ask(max_tokens=3)))).output > 0


@posix
async def test_a_worker_that_answers_between_its_crashes_gets_no_rest(engine: Engine) -> None:
    for round in range(7):
        assert usage_of(await collect(engine.complete(ask(max_tokens=1)))).output > 0
        assert engine.worker_pid is not None
        os.kill(engine.worker_pid, signal.SIGKILL)
        await until(lambda: engine.restarts == round + 1)  # noqa: B023 - awaited in the same turn
        assert engine.state != "failed"


async def test_a_bad_file_is_tried_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spawned = []
    spawn = WorkerProcess.spawn

    async def counted(path: Path, options: Sequence[str]) -> WorkerProcess:
        spawned.append(path)
        return await spawn(path, options)

    monkeypatch.setattr(WorkerProcess, "spawn", counted)
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"hello")
    engine = Engine(path, name="bad")
    for _ in range(3):
        with pytest.raises(ModelFileError, match="not a GGUF file"):
            await collect(engine.complete(ask()))
    assert engine.state == "failed"
    assert "not a GGUF file" in (engine.failure or "")
    assert len(spawned) == 1
    make_tiny_gguf(path)
    assert usage_of(await collect(engine.complete(ask(max_tokens=1)))).output > 0
    assert engine.failure is None
    await engine.stop()


async def test_a_bad_file_is_said_at_the_start(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "none.gguf", name="none")
    with pytest.raises(ModelFileError, match="no model file"):
        await engine.start()
    assert engine.state == "failed"
    with pytest.raises(ModelFileError):
        await collect(engine.complete(ask()))
    make_tiny_gguf(tmp_path / "none.gguf")
    await engine.start()  # a second try may succeed
    await engine.stop()


async def test_a_load_that_takes_too_long_fails(tiny_path: Path) -> None:
    engine = Engine(tiny_path, name="tiny", load_seconds=0.001)
    with pytest.raises(EngineCrashedError, match="not loaded within"):
        await engine.start()
    await engine.stop()


async def test_stopping_ends_the_worker_and_what_runs(engine: Engine) -> None:
    stream = engine.complete(ENDLESS)
    await _first(stream)
    await engine.stop()
    with pytest.raises(EngineCrashedError, match="stopped"):
        await collect(stream)
    assert engine.state == "stopped"
    assert engine.worker_pid is None


async def test_vectors_and_what_is_known_of_their_model(embedder: Engine) -> None:
    found = await embedder.embed(EmbeddingRequest(("hello", (5, 6, 7)), dimensions=16))
    assert (len(found.vectors), found.dimensions) == (2 * 16 * 4, 16)
    assert found.prompt_tokens == 3 + 3  # [CLS], a word, [SEP]; and the three given
    assert embedder.info is not None
    assert (embedder.info.embedding_size, embedder.info.context_window) == (32, 512)


async def test_each_kind_of_model_refuses_what_the_other_does(embedder: Engine, engine: Engine) -> None:
    for asked in (collect(embedder.complete(ask())), embedder.count_tokens(ask())):
        with pytest.raises(UnsupportedRequestError, match="embedding model") as refused:
            await asked
        assert refused.value.param == "model"
    with pytest.raises(UnsupportedRequestError, match="text model"):
        await engine.embed(EmbeddingRequest(("a",)))
    assert (embedder.restarts, engine.restarts) == (0, 0)


async def test_errors_of_inputs_carry_their_fields(embedder: Engine) -> None:
    with pytest.raises(ContextOverflowError, match=r"input\[1\] has 602 tokens") as overflow:
        await embedder.embed(EmbeddingRequest(("a", "cat " * 600)))
    assert (overflow.value.prompt_tokens, overflow.value.context_window) == (602, 512)
    with pytest.raises(UnsupportedRequestError) as refused:
        await embedder.embed(EmbeddingRequest(("a\ud800",)))
    assert refused.value.param == "input"


@posix
async def test_embedding_requests_wait_are_bounded_cancelled_and_survive_a_crash(embedder: Engine) -> None:
    assert embedder.worker_pid is not None
    os.kill(embedder.worker_pid, signal.SIGSTOP)
    running, waiting = (asyncio.create_task(embedder.embed(EmbeddingRequest((text,)))) for text in ("a", "b"))
    await until(lambda: embedder.queue_length == 1)
    with pytest.raises(EngineBusyError):
        await embedder.embed(EmbeddingRequest(("c",)))
    waiting.cancel()
    await asyncio.wait({waiting})
    assert embedder.queue_length == 0
    again = asyncio.create_task(embedder.embed(EmbeddingRequest(("b",))))
    os.kill(embedder.worker_pid, signal.SIGKILL)
    with pytest.raises(EngineCrashedError, match="signal 9"):
        await running
    assert (await again).dimensions == 32


async def test_a_cancelled_embedding_request_frees_its_slot(embedder: Engine) -> None:
    large = asyncio.create_task(embedder.embed(EmbeddingRequest(("a b c " * 80,) * 20_000)))
    await until(lambda: bool(embedder._running))
    large.cancel()
    await asyncio.wait({large})
    started = time.monotonic()
    assert (await embedder.embed(EmbeddingRequest(("a",)))).prompt_tokens == 3
    assert time.monotonic() - started < 5


async def test_the_context_window_can_be_chosen(tiny_path: Path) -> None:
    engine = Engine(tiny_path, name="tiny", load=LoadOptions(context_window=512, threads=1))
    await engine.start()
    assert engine.info is not None
    assert (engine.info.context_window, engine.info.trained_context) == (512, 2048)
    await engine.stop()


@posix
def test_a_parent_that_is_killed_leaves_no_worker(tiny_path: Path) -> None:
    code = (
        "import asyncio, sys, pathlib\n"
        "from agent_models.engine.engine import Engine\n"
        "from tests.models.engine.test_engine import ENDLESS\n"
        "async def main():\n"
        "    engine = Engine(pathlib.Path(sys.argv[1]), name='tiny')\n"
        "    await engine.start()\n"
        "    async for _ in engine.complete(ENDLESS):\n"
        "        print(engine.worker_pid, flush=True)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tiny_path)], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 30
    while _alive(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(worker)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that has ended but whose new parent has not looked yet is a zombie.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")
