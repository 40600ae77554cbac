"""The worker as a process, spoken to over its pipes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_models.completion import Usage
from agent_models.engine import protocol
from agent_models.engine.worker_process import command
from tests.models.engine.asking import ask

Worker = subprocess.Popen[bytes]


@pytest.fixture
def worker(tiny_path: Path) -> Iterator[Worker]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command(tiny_path, []), stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert isinstance(receive(process), protocol.Ready)
        yield process
        process.kill()


def send(worker: Worker, *messages: protocol.ToWorker) -> None:
    assert worker.stdin is not None
    worker.stdin.write(b"".join(map(protocol.frame, messages)))
    worker.stdin.flush()


def receive(worker: Worker) -> protocol.ToFront:
    assert worker.stdout is not None
    return protocol.from_worker(worker.stdout.read(protocol.body_length(worker.stdout.read(4))))


def test_it_answers_pings_and_counts(worker: Worker) -> None:
    send(worker, protocol.Ping())
    assert isinstance(receive(worker), protocol.Beat)
    send(worker, protocol.Count(3, ask("hello")))
    answered = receive(worker)
    while isinstance(answered, protocol.Beat):
        answered = receive(worker)
    assert isinstance(answered, protocol.Counted)
    assert answered.id == 3


def test_a_cancel_sent_before_the_request_runs_is_heeded(worker: Worker) -> None:
    send(worker, protocol.Generate(1, ask(max_tokens=50)), protocol.Generate(2, ask()), protocol.Cancel(2))
    ends: dict[int | None, str] = {}
    while len(ends) < 2:
        message = receive(worker)
        if isinstance(message, protocol.Failed):
            ends[message.id] = message.kind
        elif isinstance(message, protocol.Emitted) and isinstance(message.event, Usage):
            ends[message.id] = "usage"
    assert ends == {1: "usage", 2: "cancelled"}


def test_it_ends_with_its_stdin_also_while_generating(worker: Worker) -> None:
    bias = dict.fromkeys((265, 266, 267), -100.0)
    send(worker, protocol.Generate(1, ask(temperature=1.0, seed=1, logit_bias=bias)))
    receive(worker)
    assert worker.stdin is not None
    worker.stdin.close()
    worker.stdin = None
    worker.communicate(timeout=30)
    assert worker.returncode == 0


def test_it_ends_when_asked_and_at_noise(worker: Worker, tiny_path: Path) -> None:
    send(worker, protocol.Shutdown())
    assert worker.wait(30) == 0
    noisy = subprocess.run(command(tiny_path, []), input=b"\xff" * 100, capture_output=True, timeout=30)
    assert noisy.returncode == 0
