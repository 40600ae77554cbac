"""Qwen Code: `~/.qwen/projects/<project>/chats/<session>.jsonl` and its `archive`; before 0.5 (December 2025)
`~/.qwen/tmp/<project>/chats/*.json` as Gemini CLI wrote them.

A line `assistant` has `usageMetadata`; and a line `ui_telemetry` tells of each answered call (`api_response`), also of
those that sub-agents and the extraction of memories make, for which there is no other line here. Both tell of the same
call one after the other. A fork copies lines with their `uuid`. `promptTokenCount` contains what was cached, and
`candidatesTokenCount` what was reasoned, unless the total says that it does not, as with Gemini's API.
Sources: packages/core/src/services/chatRecordingService.ts, src/core/*ContentGenerator/converter.ts, src/telemetry/.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent_telemetry.importers import values
from agent_telemetry.importers.home import Home, files, folders_in
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.values import count, duration, fingerprint, milliseconds, moment, text
from agent_telemetry.usage_record import UsageRecord

_ANSWER: Final = {
    "promptTokenCount": "prompt",
    "candidatesTokenCount": "candidates",
    "cachedContentTokenCount": "cached",
    "thoughtsTokenCount": "thoughts",
    "toolUsePromptTokenCount": "tool",
    "totalTokenCount": "total",
}
_TELEMETRY: Final = {
    "input_token_count": "prompt",
    "output_token_count": "candidates",
    "cached_content_token_count": "cached",
    "thoughts_token_count": "thoughts",
    "tool_token_count": "tool",
    "total_token_count": "total",
}
_DOCUMENT: Final = {
    "input": "prompt",
    "output": "candidates",
    "cached": "cached",
    "thoughts": "thoughts",
    "tool": "tool",
    "total": "total",
}
_WIRES: Final = {"openai": "chat", "qwen-oauth": "chat", "openai-responses": "responses", "anthropic": "messages"}
PROVIDERS: Final = {"qwen-oauth": "qwen-oauth", "gemini": "google", "vertex-ai": "google"}
_OPEN: Final = 32  # calls that wait for their other line; it follows at once


class Qwen:
    """Looks in the home folder, where `QWEN_HOME` and `QWEN_RUNTIME_DIR` say, and the setting
    `advanced.runtimeOutputDir`."""

    name: Final = "qwen"
    title: Final = "Qwen Code"

    def folders(self, home: Home) -> list[Path]:
        found = [home.folder / ".qwen"]
        found += filter(None, map(home.named, ("QWEN_HOME", "QWEN_RUNTIME_DIR")))
        for folder in tuple(found):
            try:
                settings = values.document((folder / "settings.json").read_bytes())
            except (OSError, ValueError):
                continue
            advanced = settings.get("advanced") if isinstance(settings, dict) else None
            said = advanced.get("runtimeOutputDir") if isinstance(advanced, dict) else None
            if isinstance(said, str) and said.startswith(("/", "~/")):
                found.append(home.folder / said[2:] if said.startswith("~/") else Path(said))
        return [each / kind for each in dict.fromkeys(found) for kind in ("projects", "tmp")]

    def logs(self, home: Home) -> Iterable[str]:
        found: dict[str, None] = {}
        for folder in self.folders(home):
            for project in folders_in(folder):
                for path in files(os.path.join(project, "chats"), ".jsonl", ".json"):
                    if not path.endswith(".runtime.json"):
                        found.setdefault(path)
        return found

    def read(self, log: Log) -> Iterator[UsageRecord]:
        if log.name.endswith(".json"):
            yield from self._document(log)
            return
        for block in log.blocks():
            for line in block.split(b"\n"):
                if b'"usageMetadata"' not in line and b'.api_response"' not in line:
                    continue
                told = log.json(line)
                if isinstance(told, dict) and (call := self._line(log, told)) is not None:
                    yield call

    def _line(self, log: Log, told: dict[str, Any]) -> UsageRecord | None:
        payload = told.get("systemPayload")
        event = payload.get("uiEvent") if isinstance(payload, dict) else None
        if isinstance(event, dict) and told.get("subtype") == "ui_telemetry":
            if not str(event.get("event.name")).endswith(".api_response"):
                return None
            kind, figures = "telemetry", _figures(None, event, _TELEMETRY)
        elif told.get("type") == "assistant" and isinstance(told.get("usageMetadata"), dict):
            event, kind, figures = {}, "answer", _figures(log, told["usageMetadata"], _ANSWER)
        else:
            return None
        at = _time(log, told.get("timestamp"))
        origin = told.get("forkedFrom")
        session = (
            (text(origin.get("sessionId")) if isinstance(origin, dict) else None)
            or text(told.get("sessionId"))
            or text(log.name.partition(".json")[0])
        )
        if not any(figures.values()):
            if kind == "answer":
                log.skipped("without tokens")
            return None
        own = text(told.get("uuid")) or fingerprint(session, milliseconds(at), *figures.values())
        paired = not text(event.get("subagent_name"))
        return self._call(
            figures,
            key=_one_key(log.state, kind, list(figures.values()), own) if paired else own,
            time=at,
            session=session,
            model=text(event.get("model") or told.get("model")),
            provider=PROVIDERS.get(str(event.get("auth_type"))),
            wire=_WIRES.get(str(event.get("auth_type"))),
            response_id=text(event.get("response_id")),
            latency_ms=duration(event.get("duration_ms")),
            first_byte_ms=duration(event.get("ttft_ms")),
        )

    def _document(self, log: Log) -> Iterator[UsageRecord]:
        log.state.clear()
        told = log.json_document(b'"tokens"')
        messages = told.get("messages") if isinstance(told, dict) else None
        session = text(told.get("sessionId")) if isinstance(told, dict) else None
        for message in messages if isinstance(messages, list) else ():
            tokens = message.get("tokens") if isinstance(message, dict) else None
            if not isinstance(tokens, dict):
                continue
            at = _time(log, message.get("timestamp"))
            figures = _figures(log, tokens, _DOCUMENT)
            if not any(figures.values()):
                log.skipped("without tokens")
                continue
            own = text(message.get("id")) or str(milliseconds(at))
            model = text(message.get("model"))
            yield self._call(figures, key=fingerprint(session, own), time=at, session=session, model=model)

    def _call(self, figures: dict[str, int], **fields: Any) -> UsageRecord:
        input, read, output, thoughts = buckets(**figures)
        return UsageRecord(
            **fields,
            source=self.name,
            agent=self.name,
            input=input,
            cache_read=read,
            cache_write=0,
            output=output,
            reasoning=thoughts,
        )


def _figures(log: Log | None, tokens: dict[str, Any], names: dict[str, str]) -> dict[str, int]:
    if log is not None:
        for field in tokens.keys() - names.keys():
            if count(tokens[field]):
                log.unknown(f"tokens.{field}")
    return {figure: count(tokens.get(name)) or 0 for name, figure in names.items()}


def buckets(
    *, prompt: int, candidates: int, cached: int, thoughts: int, tool: int, total: int
) -> tuple[int, int, int, int]:
    """Fresh input, cached input, output with thoughts, and the thoughts. Some servers tell a total alone."""
    if total and not (prompt or candidates or cached or thoughts or tool):
        return total, 0, 0, 0
    if thoughts > candidates and total == prompt + candidates:
        thoughts = candidates  # they were estimated, and too high
    more, added = next(
        ((more, added) for more in (0, thoughts) for added in (0, tool) if total == prompt + added + candidates + more),
        (thoughts if thoughts > candidates else 0, tool),
    )
    prompt += added
    return prompt - cached if cached <= prompt else prompt, cached, candidates + more, thoughts


def _one_key(state: dict[str, Any], kind: str, figures: list[int], own: str) -> str:
    """The key of the call of which a line tells: that of its other line, if that came already, else its own."""
    calls: list[dict[str, Any]] = state.setdefault("calls", [])
    for call in calls:
        if call.get(kind) == own:
            return str(call["key"])  # a last line without its end comes again
    for call in calls:
        if kind not in call and call["figures"] == figures:
            call[kind] = own
            return str(call["key"])
    calls.append({"key": own, "figures": figures, kind: own})
    del calls[:-_OPEN]
    return own


def _time(log: Log, written: object) -> datetime:
    at = moment(written)
    if at is not None:
        log.state["time"] = milliseconds(at)
        return at
    return moment(log.state.get("time")) or log.modified


IMPORTER: Final = Qwen()
