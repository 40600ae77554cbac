"""`agent-router usage` on a ledger of a million rows: seconds and memory of the whole command."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.sums import summed_together

ROWS = 1_000_000
_BEGIN = 1_764_000_000_000  # a year, in milliseconds since 1970
_YEAR_MS = 365 * 86_400_000
_AGENTS = ("claude", "codex", "openclaw", "opencode", "gemini", "pi", "aider", "cline")
_MODELS = (
    ("claude-opus-4-5-20251101", "anthropic", "hosted"),
    ("claude-sonnet-4-5-20250929", "anthropic", "hosted"),
    ("claude-haiku-4-5", "anthropic", "hosted"),
    ("gpt-5.2-codex", "openai", "hosted"),
    ("gpt-5.4-mini", "openai", "hosted"),
    ("gemini-3-pro-preview", "google", "hosted"),
    ("glm-4.6", "zai", "hosted"),
    ("qwen3-coder:30b", "ollama", "device"),
    ("gpt-oss-20b", "lmstudio", "device"),
    ("deepseek-v3.2", "openrouter", "hosted"),
    ("kimi-k2-0905", "moonshotai", "hosted"),
    ("devstral-small-2", "vllm", "lan"),
)


def fill(path: Path, rows: int = ROWS, seed: int = 1) -> None:
    """A ledger of a year's calls, some 200 a session."""
    draw = random.Random(seed)

    def calls() -> object:
        for i in range(rows):
            session = i // 200
            agent = _AGENTS[session % len(_AGENTS)]
            model, provider, place = _MODELS[(session + (draw.random() < 0.2)) % len(_MODELS)]
            when = _BEGIN + session * _YEAR_MS // (rows // 200 + 1) + (i % 200) * 40_000
            cost = draw.randrange(1, 90_000)
            yield (
                *(agent, f"key-{i}", when, agent, f"session-{session}", model, provider, place, "ok", 1),
                *(draw.randrange(9000), draw.randrange(90_000), draw.randrange(2000), draw.randrange(3000), 0),
                *(0 if place == "device" else cost, cost, cost if place == "device" else None),
            )

    with closing(open_ledger(path)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        with summed_together(conn):
            conn.executemany(
                "INSERT INTO calls (source, key, time, agent, session, model, provider, place, status, attempts, "
                "input, cache_read, cache_write, output, reasoning, billed, equivalent, avoided) "
                f"VALUES ({', '.join('?' * 18)})",
                calls(),  # type: ignore[arg-type]
            )
        conn.execute("COMMIT")


def measure(runs: int) -> Iterator[tuple[str, float, float]]:
    """Of each command the words, the median of its seconds, and the most memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "ledger.sqlite3")
        environment = {**os.environ, "AGENT_ROUTER_DATA": folder, "AGENT_ROUTER_CONFIG": ""}
        for words in (["usage", "--json"], ["usage"], ["usage", "daily"], ["usage", "--json", "--since", "30d"]):
            seconds, megabytes = [], 0.0
            for _ in range(runs):
                began = time.perf_counter()
                command = [sys.executable, "-c", _RUN, *words]
                done = subprocess.run(command, env=environment, capture_output=True, check=True)
                seconds.append(time.perf_counter() - began)
                megabytes = max(megabytes, int(done.stderr.split()[-1]) / 1024)
            yield " ".join(words), median(seconds), megabytes


_RUN = """
import atexit, resource, sys
atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr))
from agent_router.command import main
main()
"""
