"""``python -m tests.bench.otlp``: what the receiver of telemetry takes, and what that does to the requests that the
router answers meanwhile; writes docs/bench-otlp.md.

`--seconds` of each part, `--rate` spans a second, `--only` one kind of request.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import multiprocessing
import os
import re
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import get_args

from tests.bench.bodies import encoded, small_body
from tests.bench.load import Line
from tests.bench.otlp.batches import SPANS, Kind, batches, headers
from tests.bench.otlp.senders import Sent, send
from tests.bench.processes import cpu_seconds, go_first, rss, step_back, tree
from tests.bench.targets import ROOT, Target, Upstream, router

PAGE = ROOT / "docs" / "bench-otlp.md"
SENDERS = 4
_PAUSE_S = 0.02  # between two requests of the one whose latency is measured


def main() -> int:
    """Measure, print, and put the tables into the page; 1 where a span was lost, or fewer were taken than asked."""
    reader = argparse.ArgumentParser(prog="python -m tests.bench.otlp", description=__doc__)
    reader.add_argument("--seconds", type=float, default=30)
    reader.add_argument("--rate", type=float, default=5000)
    reader.add_argument("--only", choices=get_args(Kind))
    asked = reader.parse_args()
    kinds: Sequence[Kind] = (asked.only,) if asked.only else ("protobuf", "protobuf, gzip", "JSON, gzip")
    rows, ok = [], True
    try:
        go_first()
        atexit.register(step_back)
    except PermissionError:
        print("The machine's other work is not held back: the figures may suffer from it.")
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            row, fine = _measure(kind, asked.rate, asked.seconds, Path(folder) / kind.replace(", ", "-"))
            rows.append(row)
            ok = ok and fine
            print(row, flush=True)
    head = (
        "| requests | sent | taken | refused | p50 | p99 | rows in the ledger | most | router, receiver | "
        "receiver's memory | proxy alone p50, p99 | meanwhile p50, p99 |"
    )
    _put("load", "\n".join([head, "|---" * 12 + "|", *rows]))
    return int(not ok)


def _measure(kind: Kind, rate: float, seconds: float, folder: Path) -> tuple[str, bool]:
    folder.mkdir()
    upstream = Upstream.make()
    target = router(upstream, folder)
    target.environment = {**target.environment, "AGENT_ROUTER_LOGS__WATCH": "false"}
    bodies = batches(kind, round(rate * seconds / SPANS))
    more = batches(kind, round(2 * rate * 8 / SPANS))
    url = f"http://127.0.0.1:{target.port}/v1/traces"
    with upstream.running(folder / "upstream.log", core=None), target.running(folder / "router.log", core=None):
        assert target.process is not None
        pid = target.process.pid
        _apart(url, headers(kind), batches(kind, 4), None)  # the receiver starts
        receiver = next(
            each for each in tree(pid) if b"agent_router.otlp" in Path(f"/proc/{each}/cmdline").read_bytes()
        )
        _forward(receiver)
        alone = _latencies(target, threading.Event(), 8)
        before = cpu_seconds(receiver) or 0, _own_cpu(pid)
        over, probed = threading.Event(), list[float]()
        probe = threading.Thread(target=lambda: probed.extend(_latencies(target, over, seconds + 60)))
        probe.start()
        sent = _apart(url, headers(kind), bodies, rate)
        over.set()
        probe.join()
        after = cpu_seconds(receiver) or 0, _own_cpu(pid)
        memory = rss(receiver) or 0
        most = _apart(url, headers(kind), more, None)
        time.sleep(1)
    with closing(sqlite3.connect(folder / "data" / "ledger.sqlite3")) as conn:
        (rows,) = conn.execute("SELECT count(*) FROM calls WHERE source = 'otlp' AND duplicate IS NULL").fetchone()
    expected = sent.spans + most.spans + 4 * SPANS
    took = sent.ended - sent.began
    shares = [(b - a) / took for a, b in zip(before, after, strict=True)]
    ok = rows == expected and sent.per_second >= 0.98 * rate
    cells = [
        kind,
        f"{sent.spans:,} in {took:.0f} s",
        f"{sent.per_second:,.0f} a second",
        str(sent.refused),
        _ms(sent.seconds, 50),
        _ms(sent.seconds, 99),
        f"{rows:,} of {expected:,}",
        f"{most.per_second:,.0f} a second",
        f"{shares[1]:.0%}, {shares[0]:.0%} of a core",
        f"{memory:.0f} MB",
        f"{_ms(alone, 50)}, {_ms(alone, 99)}",
        f"{_ms(probed, 50)}, {_ms(probed, 99)}",
    ]
    return f"| {' | '.join(cells)} |", ok


def _forward(pid: int) -> None:
    """A process of a session of its own before the machine's other work as well, but after the router, as it starts."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, -10)
        Path(f"/proc/{pid}/autogroup").write_text("-15")


def _own_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _apart(url: str, head: dict[str, str], bodies: list[bytes], rate: float | None) -> Sent:
    """Sent by a process of its own, as exporters are."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(send, (url, head, bodies, SPANS, SENDERS, rate))


def _latencies(target: Target, over: threading.Event, seconds: float) -> list[float]:
    """Of one caller's small requests, one after the other."""
    line, request = Line(target), target.request(encoded(small_body() | {"model": target.model}))
    until = time.perf_counter() + seconds
    found = []
    while time.perf_counter() < until and not over.is_set():
        found.append(line.ask(request)[1])
        time.sleep(_PAUSE_S)
    line.close()
    return found


def _ms(seconds: list[float], percent: int) -> str:
    return f"{statistics.quantiles(seconds, n=100)[percent - 1] * 1000:.1f} ms"


def _put(part: str, table: str) -> None:
    begin, end = f"<!-- begin: {part} -->", f"<!-- end: {part} -->"
    text = PAGE.read_text()
    PAGE.write_text(re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{table}\n{end}", text, flags=re.DOTALL))


if __name__ == "__main__":
    sys.exit(main())
