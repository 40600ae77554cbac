"""Made homes with every pitfall, imported by the command itself, beside what their generators know of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.telemetry.importers.generators import claude, codex, editor_tasks, gemini, llm, openclaw, opencode, pi, qwen
from tests.telemetry.importers.truth import Call

ZONE = "America/St_Johns"  # half an hour off, so that days are not hours of UTC
_BUCKETS = ("input", "cache_read", "cache_write", "output", "reasoning")
_WRITERS: dict[str, Callable[[Path, int], list[Call]]] = {
    "claude": claude.write,
    "codex": codex.write,
    "openclaw": openclaw.write,
    "opencode": opencode.write,
    "gemini": gemini.write,
    "pi": pi.write,
    "qwen": qwen.write,
    "cline": lambda folder, seed: editor_tasks.write(folder, "cline", seed),
    "roo": lambda folder, seed: editor_tasks.write(folder, "roo", seed),
    "kilo": lambda folder, seed: editor_tasks.write(folder, "kilo", seed),
    "llm": llm.write,
}


class Result(NamedTuple):
    """What an agent's homes held; tokens and requests that were off in any bucket, of everything and by day, month,
    model and agent; and by session."""

    agent: str
    homes: int
    calls: int
    tokens: int
    off: int
    off_by_session: int


def measure(seeds: range) -> Iterator[Result]:
    """Every agent's made homes, one after the other."""
    for agent, write in _WRITERS.items():
        calls = tokens = off = by_session = 0
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                home = Path(folder) / "home"
                home.mkdir()
                truth = write(home, seed)
                calls += len(truth)
                tokens += sum(call.input + call.cache_read + call.cache_write + call.output for call in truth)
                found = _imported(home, Path(folder) / "data")
                by_session += _off(agent, truth, {"by_session": found.pop("by_session")})
                off += _off(agent, truth, found)
        yield Result(agent, len(seeds), calls, tokens, off, by_session)


def _imported(home: Path, data: Path) -> dict[str, dict[str, dict[str, int]]]:
    """What `usage --json` says after `import`, with no configuration at all."""
    environment = {"HOME": str(home), "AGENT_ROUTER_DATA": str(data), "TZ": ZONE, "PATH": os.environ["PATH"]}
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    command = [sys.executable, "-m", "agent_router"]
    subprocess.run([*command, "import"], env=environment, check=True, capture_output=True)
    said = subprocess.run([*command, "usage", "--json"], env=environment, check=True, capture_output=True)
    found = json.loads(said.stdout)
    names = ("by_day", "by_month", "by_model", "by_session", "by_agent")
    return {"all": {"": found["all"]}} | {name: found[name] for name in names}


def _off(agent: str, truth: list[Call], found: dict[str, dict[str, dict[str, int]]]) -> int:
    zone = ZoneInfo(ZONE)
    expected: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for call in truth:
        day = call.time.astimezone(zone).date().isoformat()
        keys = {"all": "", "by_day": day, "by_month": day[:7], "by_model": call.model or "unknown", "by_agent": agent}
        keys["by_session"] = call.session or "unknown"
        for group, key in keys.items():
            figures = expected[group][key]
            figures["requests"] += 1
            for name in _BUCKETS:
                figures[name] += getattr(call, name) or 0
    off = 0
    for group, leaves in found.items():
        for key in {*leaves, *expected[group]}:
            for name in ("requests", *_BUCKETS):
                off += abs(leaves.get(key, {}).get(name, 0) - expected[group][key][name])
    return off
