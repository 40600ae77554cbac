"""Several exporters that send at a rate, whatever the answers take, and again what was refused for now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp


@dataclass
class Sent:
    """What came of it. `seconds` of each request, from when it was due to its answer; `refused` for now, and sent
    again."""

    spans: int = 0
    refused: int = 0
    began: float = 0.0
    ended: float = 0.0
    seconds: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.spans / (self.ended - self.began)


def send(
    url: str, headers: dict[str, str], bodies: Sequence[bytes], spans: int, senders: int, rate: float | None
) -> Sent:
    """Send all, `rate` spans a second, or as fast as they are taken. RuntimeError where one is refused for good."""
    return asyncio.run(_send(url, headers, bodies, spans, senders, rate))


async def _send(
    url: str, headers: dict[str, str], bodies: Sequence[bytes], spans: int, senders: int, rate: float | None
) -> Sent:
    sent = Sent(began=time.perf_counter())
    left = iter(enumerate(bodies))

    async def one(session: aiohttp.ClientSession) -> None:
        for nth, body in left:
            due = sent.began + nth * spans / rate if rate is not None else time.perf_counter()
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            while True:
                async with session.post(url, data=body, headers=headers) as answer:
                    await answer.read()
                if answer.status == 200:
                    break
                if answer.status not in (429, 503):
                    raise RuntimeError(f"refused: {answer.status}")
                sent.refused += 1
                await asyncio.sleep(float(answer.headers["retry-after"]))
            sent.seconds.append(time.perf_counter() - due)
            sent.spans += spans

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(one(session) for _ in range(senders)))
    sent.ended = time.perf_counter()
    return sent
