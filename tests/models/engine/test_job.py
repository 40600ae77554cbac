"""Whose turn it is."""

from __future__ import annotations

from agent_models.engine.job import Job, next_job


def jobs(*clients: str) -> list[Job]:
    return [Job(nth, b"", client) for nth, client in enumerate(clients)]


def test_the_one_that_waits_longest_of_the_client_that_has_least() -> None:
    waiting = jobs("a", "a", "b", "c")
    assert next_job(waiting, []).id == 0
    assert next_job(waiting, jobs("a")).id == 2
    assert next_job(waiting, jobs("a", "b")).id == 3
    assert next_job(waiting, jobs("a", "b", "c")).id == 0
