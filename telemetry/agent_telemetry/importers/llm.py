"""llm: `logs.db` in `~/.config/io.datasette.llm` or this platform's like of it. A row of `responses` is a call, and
since 2026 one of `turns`.

`input_tokens` and `output_tokens` are what the plugin for the model made of the answer's usage, and `token_details`
the rest of it, without zeros: with OpenAI's and Gemini's API the cached part is in the input, with Anthropic's
(llm-anthropic) beside it; what was reasoned is in the output, but for llm-gemini before May 2025. Sources:
llm/migrations.py, llm/models.py, the plugins.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent_telemetry.importers import values
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.table import object_of, rows
from agent_telemetry.importers.values import count, fingerprint, moment, text
from agent_telemetry.usage_record import UsageRecord

_COLUMNS: Final = (
    *("id", "conversation_id", "thread_id", "model", "resolved_model"),
    *("input_tokens", "output_tokens", "token_details", "datetime_utc", "duration_ms"),
)
_FOLDER: Final = "io.datasette.llm"


class Llm:
    """Looks in the folder of its settings, or the one that `LLM_USER_PATH` names instead."""

    name: Final = "llm"
    title: Final = "llm"

    def folders(self, home: Home) -> list[Path]:
        found = [home.applications / _FOLDER, home.folder / ".config" / _FOLDER]
        if named := home.named("LLM_USER_PATH"):
            found.append(named)
        return list(dict.fromkeys(found))

    def logs(self, home: Home) -> Iterable[str]:
        paths = [os.fspath(folder / "logs.db") for folder in self.folders(home)]
        return [path for path in paths if os.path.isfile(path)]

    def read(self, log: Log) -> Iterator[UsageRecord]:
        last = log.modified
        with log.database() as conn:
            for table in ("responses", "turns"):
                for row in rows(log, conn, table, _COLUMNS):
                    last = moment(row.get("datetime_utc")) or last
                    if (call := self._call(log, row, last)) is not None:
                        yield call

    def _call(self, log: Log, row: dict[str, Any], at: datetime) -> UsageRecord | None:
        input, output = (count(row.get(name)) or 0 for name in ("input_tokens", "output_tokens"))
        details = object_of(row.get("token_details"))
        read, write, hour, thoughts, beside = _details(details)
        if not (input or output or (beside and (read or write))):
            log.skipped("without tokens")
            return None
        if not beside:
            read = min(read, input)
            input -= read
        if thoughts and "thoughtsTokenCount" in details and "candidatesTokenCount" not in details:
            output += thoughts if output != thoughts else 0  # else there was nothing but thoughts
        model, resolved = text(row.get("model")), text(row.get("resolved_model"))
        id, session = text(row.get("id")), text(row.get("conversation_id") or row.get("thread_id"))
        duration = count(row.get("duration_ms"))
        return UsageRecord(
            source=self.name,
            agent=self.name,
            key=id or fingerprint(session, values.milliseconds(at), input, read, output),
            time=at,
            session=session,
            model=resolved or model,
            requested_model=model if resolved and model != resolved else None,
            input=input,
            cache_read=read,
            cache_write=write,
            cache_write_1h=hour,
            output=output,
            reasoning=thoughts,
            latency_ms=float(duration) if duration else None,
        )


def _details(told: dict[str, Any]) -> tuple[int, int, int | None, int | None, bool]:
    """What was read from the cache and written there, for an hour too, what was reasoned; and whether the cache comes
    beside the input."""
    written = told.get("cache_creation")
    hour = count(written.get("ephemeral_1h_input_tokens")) if isinstance(written, dict) else None
    thoughts = count(told.get("thoughtsTokenCount"))
    for name in ("completion_tokens_details", "output_tokens_details"):
        if isinstance(inner := told.get(name), dict):
            thoughts = thoughts or count(inner.get("reasoning_tokens")) or count(inner.get("thinking_tokens"))
    read, write = (count(told.get(name)) or 0 for name in ("cache_read_input_tokens", "cache_creation_input_tokens"))
    if read or write:
        return read, write, hour, thoughts, True
    for name in ("prompt_tokens_details", "input_tokens_details"):
        if isinstance(inner := told.get(name), dict):
            read = read or count(inner.get("cached_tokens")) or 0
    read = read or count(told.get("cachedContentTokenCount")) or count(told.get("prompt_cache_hit_tokens")) or 0
    return read, 0, None, thoughts, False


IMPORTER: Final = Llm()
