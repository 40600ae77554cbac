"""A home with sessions of pi: three versions of the format, forks, clones, other branches, and broken files."""

from __future__ import annotations

import random
from pathlib import Path

from tests.telemetry.importers.generators.entries import Session
from tests.telemetry.importers.truth import Call


def write(folder: Path, seed: int, calls: int = 200) -> list[Call]:
    """Writes `~/.pi/agent/sessions` into the folder; the calls that were paid."""
    chance = random.Random(seed)
    sessions = folder / ".pi" / "agent" / "sessions"
    truth: list[Call] = []
    written: list[tuple[Session, str]] = []
    while len(truth) < calls:
        if written and chance.random() < 0.3:
            original, path = chance.choice(written)
            session = original.fork(path, chance.randrange(1, len(original.entries) + 1))
        else:
            session = Session(chance, chance.choice((1, 2, 3)))
            session.entry("model_change", provider=session.model[0], modelId=session.model[1])
        for _ in range(chance.randrange(12)):
            session.grow()
        path = _save(sessions, session, chance)
        written.append((session, path))
        truth += session.calls
    (sessions / "--empty--").mkdir()
    (sessions / "--empty--" / "none.jsonl").write_bytes(b"")
    (sessions / "--empty--" / "folder.jsonl").mkdir()
    (sessions / "--empty--" / "other.txt").write_bytes(b'{"usage":{"input":5,"output":5}}\n')
    (sessions / "--empty--" / "binary.jsonl").write_bytes(b'\x00\xff"usage"\xfe\n[{"usage":1}]\n"usage"\nnull\n')
    return truth


def _save(sessions: Path, session: Session, chance: random.Random) -> str:
    lines = session.lines(spaces=chance.random() < 0.3)
    end = chance.choice((b"\n", b"\r\n"))
    content = end.join(lines) + end
    if chance.random() < 0.2:
        content = b"\xef\xbb\xbf" + content
    if chance.random() < 0.2:
        content += b"\x00" * 50 + b"\n"
    if chance.random() < 0.2:
        content += b'{"type":"message","message":{"role":"assistant","usage":{"input":5,"outp'
    stamp = session.header["timestamp"].replace(":", "-").replace(".", "-")
    path = sessions / f"--work-{chance.randrange(3)}--" / f"{stamp}_{session.id}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)
