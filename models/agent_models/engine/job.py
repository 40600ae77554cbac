"""A request on its way to the worker, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from agent_models.completion import Event
from agent_models.embedding import Embeddings
from agent_models.errors import ModelError


class Job:
    """A request on its way: its frame, and what has come back so far."""

    def __init__(self, identity: int, frame: bytes, client: str) -> None:
        self.id = identity
        self.frame = frame
        self.client = client
        self.answers: asyncio.Queue[Event | int | Embeddings | ModelError | None] = asyncio.Queue()


def next_job(waiting: Iterable[Job], running: Iterable[Job]) -> Job:
    """The request whose turn it is: of the client of whom the fewest run, the one that waits longest."""
    busy = Counter(job.client for job in running)
    return min(waiting, key=lambda job: busy[job.client])
