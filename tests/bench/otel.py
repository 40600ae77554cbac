"""``python -m tests.bench.otel``: what sending spans and metrics costs, beside a router that sends none.

Three routers in one run, asked in turn: without an endpoint, with a collector that takes all, and with one that takes
no connection. Prints a table, for docs/opentelemetry.md.
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench.bodies import encoded, small_body
from tests.bench.load import interleaved, many
from tests.bench.measures import percentile
from tests.bench.processes import go_first, step_back
from tests.bench.targets import LOAD_CORE, Target, Upstream, free_port, pin, router

CONNECTIONS = 32
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class _Sink(asyncio.Protocol):
    """Takes everything and says 200."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._left:
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
            self._head, self._left = b"", int(length)
        self._left -= len(data)
        if self._left <= 0:
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


async def _sink(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(prog="python -m tests.bench.otel", description=__doc__)
    reader.add_argument("--rounds", type=int, default=3000)
    reader.add_argument("--seconds", type=float, default=5.0)
    reader.add_argument("--slices", type=int, default=5)
    reader.add_argument("--first", action="store_true", help="go before the machine's other work (needs the right)")
    reader.add_argument("--sink", type=int, help=argparse.SUPPRESS)
    asked = reader.parse_args()
    if asked.sink:
        asyncio.run(_sink(asked.sink))
        return
    if asked.first:
        go_first()
        atexit.register(step_back)
    pin(LOAD_CORE)
    upstream, taken, dead = Upstream.make(), free_port(), free_port()
    collector = Target("collector", taken, [sys.executable, "-m", "tests.bench.otel", "--sink", str(taken)])
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stack.enter_context(upstream.running(Path(folder) / "upstream.log", LOAD_CORE))
        stack.enter_context(collector.running(Path(folder) / "collector.log", LOAD_CORE))
        routers = []
        for name, endpoint in (("off", 0), ("on", taken), ("on, and nobody takes it", dead)):
            home = Path(folder) / name
            home.mkdir()
            target = router(upstream, home)
            target.name, target.headers = name, {"traceparent": TRACEPARENT}
            if endpoint:
                target.environment = {
                    **target.environment,
                    "AGENT_ROUTER_OTEL__ENDPOINT": f"http://127.0.0.1:{endpoint}",
                    "AGENT_ROUTER_OTEL__INTERVAL_SECONDS": "10",
                }
            target.environment = {**target.environment, "AGENT_ROUTER_LOGS__WATCH": "false"}
            stack.enter_context(target.running(Path(folder) / f"{name}.log"))
            routers.append(target)
        _measure(upstream, routers, asked.rounds, asked.seconds, asked.slices)


def _measure(upstream: Upstream, routers: list[Target], rounds: int, seconds: float, slices: int) -> None:
    upstream.script("canned")
    bodies = [encoded(small_body() | {"model": target.model}) for target in routers]
    print("| OpenTelemetry | 1 kB call, p50 | p99 | 32 connections, requests/s | CPU a request |")
    print("|---|---|---|---|---|")
    calls = interleaved(routers, bodies, rounds)
    for target, body in zip(routers, bodies, strict=True):
        many(target, body, CONNECTIONS, seconds=1)
    rates = [[] for _ in routers]  # type: ignore[var-annotated]
    for _ in range(slices):
        for target, body, taken in zip(routers, bodies, rates, strict=True):
            taken.append(many(target, body, CONNECTIONS, seconds=seconds))
    for target, call, taken in zip(routers, calls, rates, strict=True):
        p50, p99 = (percentile(call.whole, percent) * 1e3 for percent in (50, 99))
        rate = statistics.median(each.per_second for each in taken)
        cpu = statistics.median(each.server_cpu / each.requests for each in taken if each.server_cpu)
        print(f"| {target.name} | {p50:.2f} ms | {p99:.2f} ms | {rate:,.0f} | {cpu * 1e3:.2f} ms |")


if __name__ == "__main__":
    main()
