"""A made-up ledger: some months of somebody who tries open models more and more. The same for the same day."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from agent_telemetry.ledger_file import open_ledger
from agent_telemetry.sums import summed_together

# agent, weight, first day (of 0 to 1), the models that it begins with, those that it comes to, how fast
_AGENTS = (
    ("claude", 10, 0.0, ("claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929"), ("glm-4.6",), 0.25),
    ("codex", 6, 0.0, ("gpt-5.2-codex",), ("gpt-oss:120b", "gpt-oss:20b"), 0.6),
    ("openclaw", 4, 0.3, ("claude-haiku-4-5",), ("qwen3:8b", "qwen3-coder:30b"), 0.95),
    ("opencode", 3, 0.1, ("deepseek-v3.2", "kimi-k2-0905"), ("qwen3-coder:30b", "devstral-small-2"), 0.8),
    ("gemini", 2, 0.0, ("gemini-3-pro-preview",), ("gemini-3-pro-preview",), 0.0),
    ("aider", 1, 0.5, ("beam-free", "deepseek-v3.2"), ("qwen3-coder:30b",), 0.7),
)
_SERVED = {
    "claude-opus-4-5-20251101": ("anthropic", "subscription", 25.0),
    "claude-sonnet-4-5-20250929": ("anthropic", "subscription", 15.0),
    "claude-haiku-4-5": ("anthropic", "hosted", 5.0),
    "gpt-5.2-codex": ("openai", "hosted", 14.0),
    "gemini-3-pro-preview": ("google", "hosted", 12.0),
    "glm-4.6": ("zai-coding-plan", "subscription", 2.2),
    "deepseek-v3.2": ("openrouter", "hosted", 0.42),
    "kimi-k2-0905": ("moonshotai", "hosted", 2.5),
    "beam-free": ("opencode", "hosted", None),
    "gpt-oss:120b": ("vllm", "lan", 0.0),
    "devstral-small-2": ("vllm", "lan", 0.0),
    "gpt-oss:20b": ("ollama", "device", 0.0),
    "qwen3:8b": ("ollama", "device", 0.0),
    "qwen3-coder:30b": ("ollama", "device", 0.0),
}
# kind, weight, output tokens, chance that it is answered locally in the end, label
_FAMILIES = (
    ("title", 16, 14, 0.97, "generate … title for … conversation"),
    ("title", 9, 18, 0.95, "write … short title"),
    ("recap", 7, 60, 0.9, "summarize … last … in one sentence"),
    ("suggestion", 8, 24, 0.85, "suggest what … user … next"),
    ("check", 9, 4, 0.9, "is … command … safe"),
    ("memory", 5, 180, 0.6, "remember … important … facts"),
    ("summary", 4, 900, 0.35, "summarize … conversation … so far"),
    ("commit", 6, 90, 0.92, "write … commit message for … changes"),
    ("structured", 5, 120, 0.7, "extract … fields … from … email"),
    ("json", 3, 150, 0.65, "return … list of … as json"),
    ("side", 3, 300, 0.4, "review … change"),
    ("heartbeat", 6, 10, 0.98, "check whether anything needs … attention"),
    ("ask", 22, 750, 0.2, "…"),
)
_PROBLEMS = ("tool_arguments", "empty", "truncated", "refusal", "two samples differ")
_COLUMNS = (
    "source, key, time, agent, session, family, requested_model, model, provider, place, route, reason, status, error, "
    "attempts, input, cache_read, cache_write, output, reasoning, billed, equivalent, avoided, first_byte_ms, "
    "latency_ms, stream, wire, duplicate, decision"
)


def fill(path: Path, now: datetime, *, days: int = 170, a_day: int = 70, seed: int = 7) -> None:
    """Write it. `now` in UTC."""
    draw = random.Random(seed)
    rows = list(_calls(draw, now, days, a_day))
    with closing(open_ledger(path)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        sql = f"INSERT INTO calls ({_COLUMNS}) VALUES ({', '.join('?' * len(_COLUMNS.split(',')))})"
        with summed_together(conn):
            conn.executemany(sql, [tuple(row.values()) for row in rows])
        _learn(conn, draw, rows, now)
        for source, files in (("claude", 61), ("codex", 44), ("gemini", 9), ("opencode", 1)):
            for number in range(files):
                counts = {"calls": 0, "repeated": draw.randrange(9), "copied": draw.randrange(3)}
                counts |= {"no usage": 1} if draw.random() < 0.1 else {}
                counts |= {"unknown:service_tier": 2} if draw.random() < 0.05 else {}
                values = [source, f"{source}-{number}".encode(), number, 1, 1, 1, b"", b""]
                conn.execute(
                    "INSERT INTO logs (source, path, inode, size, modified, offset, mark, state, counts) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [*values, msgspec.msgpack.encode(counts)],
                )
        conn.execute("COMMIT")


def _calls(draw: random.Random, now: datetime, days: int, a_day: int) -> Iterator[dict[str, Any]]:
    begin = now - timedelta(days=days)
    number = 0
    for day in range(days + 1):
        at = day / days
        date = begin + timedelta(days=day)
        busy = (0.25 if date.weekday() >= 5 else 1.0) * (0.7 + 0.6 * draw.random())
        if 0.42 < at < 0.48:
            busy = 0  # a holiday
        for _ in range(int(a_day * busy * (0.6 + 0.6 * at))):
            agents = [each for each in _AGENTS if each[2] <= at]
            agent, _, _, closed, opened, speed = draw.choices(agents, [each[1] for each in agents])[0]
            when = date.replace(hour=0, minute=0) + timedelta(hours=min(23.4, max(6.0, draw.gauss(14, 3.4))))
            if when > now:
                continue
            number += 1
            proxied = agent in ("codex", "openclaw", "aider") or draw.random() < 0.3 * at
            grown = speed / (1 + math.exp(-7 * (at - 0.55)))
            model = draw.choice(opened) if draw.random() < grown else draw.choice(closed)
            yield _call(draw, f"{seed_key(number)}", when, agent, model, at, proxied=proxied)


def seed_key(number: int) -> str:
    """An id that looks like one."""
    return f"{number * 2654435761 % 2**40:010x}"


def _call(
    draw: random.Random, key: str, when: datetime, agent: str, model: str, at: float, *, proxied: bool
) -> dict[str, Any]:
    family = kind = None
    output = int(draw.lognormvariate(6.2, 0.9))
    reason = None
    if proxied:
        weights = [each[1] * (1 + at if each[0] in ("structured", "commit", "json") else 1) for each in _FAMILIES]
        number = draw.choices(range(len(_FAMILIES)), weights)[0]
        kind, _, usual, local, _ = _FAMILIES[number]
        family = family_name(number)
        if kind == "ask" and draw.random() < 0.7:
            family = f"ask-{draw.randrange(16**8):08x}"
        output = max(1, int(usual * draw.lognormvariate(0, 0.4)))
        if draw.random() < local * min(1.0, 1.5 * at):
            model, reason = draw.choice(("qwen3:8b", "gpt-oss:20b")), "the family is answered well locally"
    provider, place, price = _SERVED[model]
    failed = draw.random() < 0.012
    prompt = int(draw.lognormvariate(8.2, 1.0))
    cached = int(prompt * draw.random() * 3) if provider in ("anthropic", "openai") else 0
    cost = None if price is None else int(prompt * price / 5 + cached * price / 50 + output * price)
    equivalent = cost if place != "device" and place != "lan" else int(prompt * 1.0 + output * 5.0)
    own = place in ("device", "lan")
    problem = None
    if proxied and not own and not failed and draw.random() < 0.07 * at:
        problem = draw.choices(_PROBLEMS, (5, 2, 3, 1, 4))[0]
        reason = f"the family is tried locally; local answer refused: {problem}"
    first_byte = draw.lognormvariate(6.0, 0.5) + (5000 if problem else 0)
    return {
        "source": "proxy" if proxied else agent,
        "key": key,
        "time": int(when.timestamp() * 1000),
        "agent": agent,
        "session": f"{agent}-{when:%j}-{draw.randrange(4)}",
        "family": family,
        "requested_model": "auto" if proxied else model,
        "model": None if failed else model,
        "provider": provider,
        "place": place,
        "route": ("local" if own else "closed") if proxied else None,
        "reason": (reason or ("named by the caller" if own else "new to the router")) if proxied else None,
        "status": "error" if failed else "ok",
        "error": "rate_limited" if failed else None,
        "attempts": 1,
        "input": None if failed else prompt,
        "cache_read": 0 if failed else cached,
        "cache_write": 0,
        "output": None if failed else output,
        "reasoning": 0,
        "billed": None if failed or price is None else 0 if place in ("device", "lan", "subscription") else cost,
        "equivalent": None if failed or price is None else equivalent,
        "avoided": equivalent if own and proxied and not failed else None,
        "first_byte_ms": first_byte,
        "latency_ms": first_byte + draw.lognormvariate(7.0, 0.8),
        "stream": 1,
        "wire": "chat",
        "duplicate": None,
        "decision": json.dumps({"verified": problem}) if problem else None,
    }


def family_name(number: int) -> str:
    """The name of one of the families."""
    return f"{_FAMILIES[number][0]}-{number * 0x9E3779B1 & 0xFFFFFFFF:08x}"


def _learn(conn: Any, draw: random.Random, rows: list[dict[str, Any]], now: datetime) -> None:
    """Families with their standing, the attempts that were refused, and duplicates."""
    for number, (kind, _, usual, local, label) in enumerate(_FAMILIES):
        name = family_name(number)
        own = [row for row in rows if row["family"] == name]
        if not own:
            continue
        locals_ = [row for row in own if row["route"] == "local"]
        escalated = [row for row in own if row["decision"]]
        rung = "local" if local > 0.8 else "canary" if local > 0.5 else "shadow" if local > 0.3 else "closed"
        values = {
            "name": name, "kind": kind, "label": label, "agents": " ".join(sorted({row["agent"] for row in own})),
            "nodes": "", "rung": rung, "first_seen": own[0]["time"] / 1000, "last_seen": own[-1]["time"] / 1000,
            "mean": local, "lower": max(0.0, local - 0.08), "evidence": len(own) / 4, "closed_seconds": 1.8,
            "local_seconds": 2.4, "output": usual, "saved": sum(row["avoided"] or 0 for row in locals_),
            "requests": len(own), "local": len(locals_), "escalated": len(escalated), "shadowed": len(own) // 10,
        }  # fmt: skip
        conn.execute(
            f"INSERT INTO families ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            list(values.values()),
        )
        for row in escalated:
            conn.execute(
                "INSERT INTO trials (call, time, purpose, provider, model, family, problem, input, output, seconds) "
                "VALUES (?, ?, 'attempt', 'local', 'qwen3:8b', ?, ?, ?, ?, ?)",
                [
                    *(row["key"], row["time"] + 900, name, json.loads(row["decision"])["verified"]),
                    *(row["input"], row["output"], draw.lognormvariate(0.6, 0.5)),
                ],
            )
    proxied = [row for row in rows if row["source"] == "proxy" and row["agent"] == "codex"]
    for row in draw.sample(proxied, min(200, len(proxied))):
        copy = row | {"source": "codex", "key": row["key"] + "-log", "duplicate": "proxy", "family": None}
        names = ", ".join(copy)
        conn.execute(f"INSERT INTO calls ({names}) VALUES ({', '.join('?' * len(copy))})", list(copy.values()))


def main() -> None:
    """Write one at the path that is given."""
    import sys

    fill(Path(sys.argv[1]), datetime.now(UTC))
    print(json.dumps({"written": sys.argv[1]}))


if __name__ == "__main__":
    main()
