"""Open WebUI: the database `webui.db`. A row of `chat` has all messages of a chat as JSON, also those that were written
anew (`history.messages`); since 2026 each has a row in `chat_message` as well, under the chat's id and its own.

A message's `usage` is what the server told, by OpenAI's names, Ollama's or llama.cpp's, and in newer versions
`input_tokens` and `output_tokens` too, the sums of all calls that an answer with tools took
(backend/open_webui/utils/response.py). Older versions had it in `info`. A copy of a chat, and one that is shared, has
the messages under the ids that they have.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.table import object_of, rows
from agent_telemetry.importers.values import count, fingerprint, milliseconds, moment, text
from agent_telemetry.usage_record import UsageRecord

_DATABASE: Final = "webui.db"
_INPUT: Final = ("input_tokens", "prompt_tokens", "prompt_eval_count", "prompt_n")
_OUTPUT: Final = ("output_tokens", "completion_tokens", "eval_count", "predicted_n")
_FOLDERS: Final = (".open-webui", ".open-webui/data", "open-webui/data", "open-webui/backend/data")
_INSTALLED: Final = ("uv/tools/open-webui", "pipx/venvs/open-webui")


class OpenWebui:
    """Looks where `DATA_DIR` and `DATABASE_URL` say, and where it is usually installed in a home folder."""

    name: Final = "open-webui"
    title: Final = "Open WebUI"

    def folders(self, home: Home) -> list[Path]:
        found = [home.folder / each for each in _FOLDERS]
        found += [home.applications / "open-webui" / "data", home.data / "open-webui"]
        for installed in _INSTALLED:
            found += sorted((home.data / installed).glob("lib/python*/site-packages/open_webui/data"))
        if named := home.named("DATA_DIR"):
            found.append(named)
        if (url := home.variables.get("DATABASE_URL", "")).startswith("sqlite:///"):
            found.append(Path(url.removeprefix("sqlite:///")).parent)
        return list(dict.fromkeys(found))

    def logs(self, home: Home) -> Iterable[str]:
        paths = [os.fspath(folder / _DATABASE) for folder in self.folders(home)]
        return [path for path in paths if os.path.isfile(path)]

    def read(self, log: Log) -> Iterator[UsageRecord]:
        with log.database() as conn:
            for row in rows(log, conn, "chat", ("id", "chat", "created_at")):
                chat, session = object_of(row.get("chat")), text(row.get("id"))
                for id, message in _messages(chat):
                    info = message.get("info")
                    usage = message.get("usage") or (info.get("usage") or info if isinstance(info, dict) else None)
                    model, at = message.get("model"), message.get("timestamp") or row.get("created_at")
                    if isinstance(usage, dict) and (call := self._call(log, usage, id, session, model, at)) is not None:
                        yield call
            for row in rows(log, conn, "chat_message", ("id", "chat_id", "model_id", "usage", "created_at")):
                session, id = text(row.get("chat_id")), text(row.get("id"))
                id = id.removeprefix(f"{session}-") if id is not None else None
                usage, model = object_of(row.get("usage")), row.get("model_id")
                if usage and (call := self._call(log, usage, id, session, model, row.get("created_at"))) is not None:
                    yield call

    def _call(
        self, log: Log, usage: dict[str, Any], id: str | None, session: str | None, model: object, at: object
    ) -> UsageRecord | None:
        input, read, write, output, reasoning = _buckets(usage)
        if not (input or read or write or output):
            if usage.keys() & {*_INPUT, *_OUTPUT}:
                log.skipped("without tokens")
            return None
        time = moment(at) or log.modified
        took = count(usage.get("total_duration"))  # nanoseconds, of Ollama's
        return UsageRecord(
            source=self.name,
            agent=self.name,
            key=id or fingerprint(session, milliseconds(time), input, read, output),
            time=time,
            session=session,
            model=text(model),
            input=input,
            cache_read=read,
            cache_write=write,
            output=output,
            reasoning=reasoning,
            latency_ms=took / 1e6 if took else None,
        )


def _messages(chat: dict[str, Any]) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """The messages of the model's in a chat, with their ids."""
    history = chat.get("history")
    messages = history.get("messages") if isinstance(history, dict) else None
    if isinstance(messages, dict) and messages:
        told = list(messages.items())
    else:
        messages = chat.get("messages")
        told = [("", message) for message in messages] if isinstance(messages, list) else []
    for id, message in told:
        if isinstance(message, dict) and message.get("role") == "assistant":
            yield text(message.get("id")) or text(id), message


def _buckets(usage: dict[str, Any]) -> tuple[int, int, int, int, int | None]:
    """Fresh input, input from the cache, written to it, output, and what of that was reasoned."""
    input, output = (next(filter(None, (count(usage.get(name)) for name in names)), 0) for names in (_INPUT, _OUTPUT))
    read, reasoning = 0, None
    for name in ("prompt_tokens_details", "input_tokens_details"):
        if isinstance(details := usage.get(name), dict):
            read = read or count(details.get("cached_tokens")) or 0
    for name in ("completion_tokens_details", "output_tokens_details"):
        if isinstance(details := usage.get(name), dict):
            reasoning = reasoning or count(details.get("reasoning_tokens"))
    if read:
        read = min(read, input)
        return input - read, read, 0, output, reasoning
    if read := count(usage.get("cache_n")) or 0:  # llama.cpp's, beside `prompt_n`
        within = input >= read + (count(usage.get("prompt_n")) or 0)
        return input - read if within else input, read, 0, output, reasoning
    read, write = (count(usage.get(name)) or 0 for name in ("cache_read_input_tokens", "cache_creation_input_tokens"))
    within = read + write <= input and count(usage.get("total_tokens")) == input + output
    within = within and "prompt_tokens" in usage  # else these are Anthropic's own names, where it comes beside
    return input - read - write if within else input, read, write, output, reasoning


IMPORTER: Final = OpenWebui()
