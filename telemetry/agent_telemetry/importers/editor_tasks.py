"""Tasks as Cline keeps them, and its forks Roo and Kilo: `tasks/<id>/ui_messages.json` in an editor's global storage.

A message `api_req_started` is a model call; its `text` is JSON, with `tokensIn`, `tokensOut`, `cacheWrites` and
`cacheReads` once the answer came (in 2024 a message `api_req_finished` had them). `deleted_api_reqs` sums up the
calls of messages that were deleted, `subagent_usage` those of sub-agents. Sources of all three: src/core/task/ and
src/api/providers/.

Whether `tokensIn` contains the cache: in Cline's it does with the providers that hand on the server's figure; in Roo's
and Kilo's with OpenAI's protocol (`apiProtocol`), and since the end of October 2025 with Anthropic's too (Roo #8954).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec import structs

from agent_telemetry.importers import values
from agent_telemetry.importers.home import Home, folders_in
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.values import count, fingerprint, moment, text
from agent_telemetry.usage_record import Status, UsageRecord

NAMES: Final = ("ui_messages.json", "claude_messages.json")
"""The second until the end of 2024."""
_EDITORS: Final = (
    *("Code", "Code - Insiders", "Code - OSS", "VSCodium", "VSCodium - Insiders", "Cursor", "Windsurf"),
    *("Windsurf - Next", "Trae", "Trae CN", "Kiro", "Antigravity", "Positron", "Void", "Qoder"),
)
_SERVERS: Final = (
    *(".vscode-server", ".vscode-server-insiders", ".vscode-remote", ".vscodium-server", ".openvscode-server"),
    *(".cursor-server", ".windsurf-server", ".trae-server", ".kiro-server", ".positron-server"),
)
_WHOLE: Final = {
    *("openai", "openai-codex", "litellm", "oca", "requesty", "fireworks", "doubao", "qwen", "lmstudio", "hicap"),
    *("aihubmix", "nebius", "xai", "zai"),
}
"""The providers of Cline's whose `tokensIn` is the server's `prompt_tokens`, with what was cached."""
_WHOLE_FOR_A_WHILE: Final = {
    "openrouter": ("2025-05-02", "2025-08-13"),  # 3.14.0 to 3.24.0
    "cline": ("2025-05-02", "2025-08-13"),
    "gemini": ("2025-05-02", "2025-06-20"),  # 3.14.0 to 3.17.15
    "vercel-ai-gateway": ("2025-08-20", "2025-11-18"),  # 3.26.1 to 3.38.0
}
"""And those that did so in the versions of these days."""
_GEMINI_APART: Final = "2025-06-25"
"""With 3.18.0 OpenRouter's and Cline's own provider took the cache out for Gemini's models, before the others."""
_TOTAL_SINCE: Final = datetime(2025, 11, 1, tzinfo=UTC)
_SOON: Final = 30  # seconds: what is told with a call is written just after its message
_MODEL: Final = re.compile(r"<model>\s*([^<>\s][^<>]{0,200}?)\s*</model>")


def storages(home: Home, extension: str) -> list[Path]:
    """Where an extension of VS Code keeps things, in each editor that is one."""
    users = [home.applications / each / "User" for each in _EDITORS]
    users += [home.folder / each / "data" / "User" for each in _SERVERS]
    users.append(home.data / "code-server" / "User")
    return [each / "globalStorage" / extension for each in users]


def logs(folder: Path) -> Iterator[str]:
    """The tasks in a folder `tasks`."""
    for task in folders_in(folder):
        for name in NAMES:
            if os.path.isfile(path := os.path.join(task, name)):
                yield path


class _Model(NamedTuple):
    time: float  # seconds since 1970
    id: str
    provider: str | None


class EditorTasks:
    """Reads the tasks of the agent `name`. `roo`: whether they are Roo's or Kilo's, not Cline's."""

    def __init__(self, name: str, *, roo: bool = False) -> None:
        self.name = name
        self.roo = roo

    def read(self, log: Log) -> Iterator[UsageRecord]:
        messages = log.json_document(b"tokensIn")
        models: list[_Model] | None = None
        started: datetime | None = None
        task = text(os.path.basename(os.path.dirname(log.path)))
        deleted: list[UsageRecord] = []
        told_of: list[UsageRecord] = []
        for message in messages if isinstance(messages, list) else ():
            if not isinstance(message, dict) or message.get("type") != "say":
                continue
            say = message.get("say")
            if say not in ("api_req_started", "api_req_finished", "deleted_api_reqs", "subagent_usage"):
                continue
            at = moment(message.get("ts")) or started or log.modified
            if say == "api_req_started":
                started = at
            try:
                told = values.document(str(message.get("text")).encode("utf-8", "replace"))
            except ValueError:
                if say == "api_req_started":
                    log.damaged()
                continue
            if not isinstance(told, dict):
                continue
            if say == "api_req_finished" and started is not None:
                at = started
            info = message.get("modelInfo")
            info = info if isinstance(info, dict) else {}
            model, provider = text(info.get("modelId")), text(info.get("providerId"))
            if model is None:
                if models is None:
                    models = _models(Path(log.path).parent)
                found = _at(models, at)
                if found is not None:
                    model, provider = found.id, provider or found.provider
            failed = told.get("cancelReason") or told.get("streamingFailedMessage")
            status: Status = "ok"
            if failed:
                status = "cancelled" if told.get("cancelReason") == "user_cancelled" else "error"
            row = self._row(told, at, task, model, provider, status)
            if row is None:
                if "tokensIn" in told or failed:
                    log.skipped("failed" if failed else "without tokens")
                continue
            if say == "deleted_api_reqs":
                deleted.append(row)
                continue
            if say == "subagent_usage":
                row = structs.replace(row, key=fingerprint(task, "subagents", values.milliseconds(at)))
            told_of.append(row)
            yield row
        if (row := _remains(log.state, told_of, deleted, fingerprint(task, "deleted"))) is not None:
            yield row

    def _row(
        self,
        told: dict[str, Any],
        at: datetime,
        task: str | None,
        model: str | None,
        provider: str | None,
        status: Status,
    ) -> UsageRecord | None:
        input, output, write, read = (
            count(told.get(name)) or 0 for name in ("tokensIn", "tokensOut", "cacheWrites", "cacheReads")
        )
        if not (input or output or write or read):
            return None
        protocol = told.get("apiProtocol")
        if input >= read + write and self._contains_cache(protocol, provider, model, at):
            input -= read + write
        return UsageRecord(
            source=self.name,
            agent=self.name,
            key=fingerprint(task, values.milliseconds(at)),
            time=at,
            session=task,
            model=model,
            provider=provider,
            wire="messages" if protocol == "anthropic" else None,
            status=status,
            input=input,
            cache_read=read,
            cache_write=write,
            output=output,
        )

    def _contains_cache(self, protocol: object, provider: str | None, model: str | None, at: datetime) -> bool:
        if self.roo:
            return protocol != "anthropic" or at >= _TOTAL_SINCE
        day = at.date().isoformat()
        since, until = _WHOLE_FOR_A_WHILE.get(provider or "", ("", ""))
        if provider in ("openrouter", "cline") and "gemini" in (model or ""):
            until = _GEMINI_APART
        return provider in _WHOLE or since <= day < until


def _remains(
    state: dict[str, Any], told_of: list[UsageRecord], deleted: list[UsageRecord], key: str
) -> UsageRecord | None:
    """What was deleted before it was ever read here, as one row: the sums of the deleted calls, less those of the calls
    that have their rows. What is deleted is the end of a task: of what was there at the last reading less is there."""
    until, last, gone = state.get("until", 0), state.get("sums", [0] * 4), state.get("gone", [0] * 4)
    still = _sums(row for row in told_of if values.milliseconds(row.time) <= until)
    gone = [before + max(0, one - other) for before, one, other in zip(gone, last, still, strict=True)]
    newest = max((values.milliseconds(row.time) for row in told_of), default=0)
    state.update(until=newest, sums=_sums(told_of), gone=gone)
    left = [max(0, all - counted) for all, counted in zip(_sums(deleted), gone, strict=True)]
    if not any(left):
        return None
    input, read, write, output = left
    return structs.replace(deleted[0], key=key, input=input, cache_read=read, cache_write=write, output=output)


def _sums(rows: Iterable[UsageRecord]) -> list[int]:
    sums = [0] * 4
    for row in rows:
        figures = (row.input or 0, row.cache_read or 0, row.cache_write or 0, row.output or 0)
        sums = [one + other for one, other in zip(sums, figures, strict=True)]
    return sums


def _models(task: Path) -> list[_Model]:
    """Which model was asked from when on, by what lies beside the messages: Cline's `task_metadata.json`, and what Roo
    tells the model about its surroundings."""
    found: list[_Model] = []
    for entry in _list(task / "task_metadata.json", "model_usage"):
        at, id = moment(entry.get("ts")), text(entry.get("model_id"))
        if at is not None and id is not None:
            found.append(_Model(at.timestamp(), id, text(entry.get("model_provider_id"))))
    if not found:
        for entry in _list(task / "api_conversation_history.json", None):
            at = moment(entry.get("ts"))
            if at is not None and entry.get("role") == "user" and (id := _named(entry.get("content"))) is not None:
                found.append(_Model(at.timestamp(), id, None))
    return sorted(found)


def _list(path: Path, name: str | None) -> Iterator[dict[str, Any]]:
    try:
        told = values.document(path.read_bytes())
    except (OSError, ValueError):
        return
    if name is not None:
        told = told.get(name) if isinstance(told, dict) else None
    for entry in told if isinstance(told, list) else ():
        if isinstance(entry, dict):
            yield entry


def _named(content: object) -> str | None:
    """The model in the last `<environment_details>` of what the user's side said."""
    parts = content if isinstance(content, list) else [content]
    for part in reversed(parts):
        said = part.get("text") if isinstance(part, dict) else part
        if isinstance(said, str) and "<environment_details>" in said:
            models = _MODEL.findall(said, said.rfind("<environment_details>"))
            if models:
                return text(models[-1])
    return None


def _at(models: list[_Model], at: datetime) -> _Model | None:
    """The model that was asked at that time: the one that was named with the call or last before it."""
    time = at.timestamp()
    before = [model for model in models if model.time <= time]
    after = [model for model in models if time < model.time]
    if after and (not before or after[0].time <= time + _SOON):
        return after[0]
    return before[-1] if before else None
