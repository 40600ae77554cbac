"""Gemini CLI: `~/.gemini/tmp/<project>/chats/`, a file a session; those of sub-agents in a folder named for its parent.

Until 0.38 (spring 2026) a session was one JSON document, written anew at each turn; since then it is JSON lines: first
what the session is, then messages, where one that is written again replaces the earlier one of its id, `$set` with
other values or all messages anew, and `$rewindTo`. An old document that is resumed goes on as lines beside it. Format:
packages/core/src/services/chatRecordingTypes.ts of the sources. `tokens` are the API's `usageMetadata`: `input`
contains `cached`, while `thoughts` and `tool` (what a tool added to the prompt) come on top of `output` and `input`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent_telemetry.importers import values
from agent_telemetry.importers.home import Home, files, folders_in
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.values import count, fingerprint, milliseconds, moment, text
from agent_telemetry.usage_record import UsageRecord

_KNOWN: Final = frozenset(("input", "output", "cached", "thoughts", "tool", "total"))
_OWN_ID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_BETWEEN: Final = re.compile(r"[\s,]*")
_HEAD: Final = 400  # bytes in which a line says which session it belongs to


class Gemini:
    """Looks in the home folder, and in the one that `GEMINI_CLI_HOME` names instead of it."""

    name: Final = "gemini"
    title: Final = "Gemini CLI"

    def folders(self, home: Home) -> list[Path]:
        return [each / ".gemini" / "tmp" for each in (home.folder, home.named("GEMINI_CLI_HOME")) if each is not None]

    def logs(self, home: Home) -> Iterable[str]:
        found: dict[str, None] = {}
        for folder in self.folders(home):
            for project in folders_in(folder):
                for path in files(os.path.join(project, "chats"), ""):
                    if path.endswith((".json", ".jsonl")) or ".jsonl.unreadable-" in path:
                        found.setdefault(path)
        return found

    def read(self, log: Log) -> Iterator[UsageRecord]:
        if not log.name.endswith(".json"):
            for block in log.blocks():
                yield from self._lines(log, block.split(b"\n"))
            return
        content = log.document()
        log.state.clear()
        if b'"tokens"' not in content:
            return
        try:
            told = values.document(content)
        except ValueError:
            log.damaged()
            told = _begun(content)
        yield from self._told(log, told)

    def _lines(self, log: Log, lines: Iterable[bytes]) -> Iterator[UsageRecord]:
        for line in lines:
            if b'"tokens"' not in line and b'"sessionId"' not in line[:_HEAD]:
                continue
            yield from self._told(log, log.json(line))

    def _told(self, log: Log, told: Any) -> Iterator[UsageRecord]:
        """The calls in a line, or in a whole document."""
        if not isinstance(told, dict):
            return
        if session := text(told.get("sessionId")):
            log.state["session"] = session
        changes = told.get("$set")
        for holder in (told, changes):
            messages = holder.get("messages") if isinstance(holder, dict) else None
            for message in messages if isinstance(messages, list) else ():
                if (call := self._call(log, message)) is not None:
                    yield call
        if (call := self._call(log, told)) is not None:
            yield call

    def _call(self, log: Log, message: Any) -> UsageRecord | None:
        if not isinstance(message, dict) or message.get("type") != "gemini":
            return None
        at = moment(message.get("timestamp"))
        if at is not None:
            log.state["time"] = milliseconds(at)
        if model := text(message.get("model")):
            log.state["model"] = model
        tokens = message.get("tokens")
        if not isinstance(tokens, dict):
            return None  # one that was put there without a call, or a call of which nothing was told
        for field in tokens.keys() - _KNOWN:
            if count(tokens[field]):
                log.unknown(f"tokens.{field}")
        input, read, output, thoughts = buckets(tokens)
        if not (input or read or output):
            log.skipped("without tokens")
            return None
        session = log.state.get("session") or _session_of(log.name)
        return UsageRecord(
            source=self.name,
            agent=self.name,
            key=_key(message, session, (input, read, output)),
            time=at or _last(log),
            session=session,
            model=model or log.state.get("model"),
            provider="google",
            input=input,
            cache_read=read,
            cache_write=0,
            output=output,
            reasoning=thoughts,
        )


def buckets(tokens: dict[str, Any]) -> tuple[int, int, int, int | None]:
    """Fresh input, input from the cache, output with thoughts, and the thoughts. The total says whether the input
    contains the cached part and what tools added, as it should the one and not the other."""
    input, cached, output, tool, total = (
        count(tokens.get(name)) or 0 for name in ("input", "cached", "output", "tool", "total")
    )
    thoughts = count(tokens.get("thoughts"))
    all = input + output + (thoughts or 0)
    if tool and total != all:
        input += tool
        all += tool
    apart = cached > input or (cached > 0 and total == all + cached)
    return input if apart else input - cached, cached, output + (thoughts or 0), thoughts


def _key(message: dict[str, Any], session: str | None, tokens: tuple[int, ...]) -> str:
    """The message's id, which stays when a session is resumed, moved to another format or rewound. One that is no
    UUID may stand in other sessions too."""
    id = text(message.get("id"))
    if id is None:
        return fingerprint(session, message.get("timestamp"), *tokens)
    return id.lower() if _OWN_ID.fullmatch(id) else fingerprint(session, id)


def _begun(content: bytes) -> dict[str, Any]:
    """The messages of a document that breaks off, up to there."""
    told = content.decode("utf-8", "replace")
    decoder = json.JSONDecoder(strict=False)
    session = re.search(r'"sessionId"\s*:\s*"([^"]+)"', told[:_HEAD])
    messages: list[Any] = []
    begins = re.search(r'"messages"\s*:\s*\[\s*', told)
    place = begins.end() if begins else len(told)
    try:
        while place < len(told):
            message, place = decoder.raw_decode(told, place)
            messages.append(message)
            place = _BETWEEN.match(told, place).end()  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        pass
    return {"sessionId": session[1] if session else None, "messages": messages}


def _session_of(name: str) -> str | None:
    """`session-<time>-<first digits of the id>.json`, and the whole id for a sub-agent."""
    return text(name.partition(".json")[0].removeprefix("session-"))


def _last(log: Log) -> datetime:
    last = moment(log.state.get("time"))
    return last or log.modified


IMPORTER: Final = Gemini()
