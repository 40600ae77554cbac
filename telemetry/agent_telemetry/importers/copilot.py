"""Copilot CLI: `~/.copilot/session-state/<session>/events.jsonl`; in the first versions `<session>.jsonl` there.

Since the summer of 2026 each call has a `session.usage_record`. Before that a message of the assistant's has its
`outputTokens`, and the rest is in the sums by model that `session.shutdown` tells (`modelMetrics`): what is in them and
has no row yet is added to the last message of that model. The sums are of the whole session where they come with
`usageAccountingWatermarks`, else since the session was started or resumed. `inputTokens` contains what was cached,
`outputTokens` what was reasoned. Format: schemas/session-events.schema.json of the package.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent_telemetry.importers.home import Home, files, folders_in
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.values import count, duration, fingerprint, milliseconds, moment, text
from agent_telemetry.usage_record import UsageRecord

_NAMES: Final = ("inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens", "reasoningTokens")
_FIRST_NAMES: Final = ("input", "cachedInput", "cacheWrite", "output", "reasoning")
"""Of a summary's tokens, until the spring of 2026."""
_WIRES: Final = {"/chat/completions": "chat", "/responses": "responses", "/v1/messages": "messages"}
_PROVIDER: Final = "github-copilot"

_Tokens = list[int]
"""Fresh input, input from the cache, written to it, output, and what of that was reasoned."""


class Copilot:
    """Looks in the home folder, and where `COPILOT_HOME` says."""

    name: Final = "copilot"
    title: Final = "Copilot CLI"

    def folders(self, home: Home) -> list[Path]:
        found = [home.folder / ".copilot"]
        if named := home.named("COPILOT_HOME"):
            found.append(named)
        return [each / "session-state" for each in dict.fromkeys(found)]

    def logs(self, home: Home) -> Iterable[str]:
        found: dict[str, None] = {}
        for folder in self.folders(home):
            for path in sorted(files(folder, ".jsonl", deep=False)):
                found.setdefault(path)
            for session in folders_in(folder):
                if os.path.isfile(path := os.path.join(session, "events.jsonl")):
                    found.setdefault(path)
        return found

    def read(self, log: Log) -> Iterator[UsageRecord]:
        for block in log.blocks():
            for line in block.split(b"\n"):
                if b"okens" not in line and b'"session.' not in line:
                    continue
                event = log.json(line)
                data = event.get("data") if isinstance(event, dict) else None
                if isinstance(data, dict):
                    yield from self._event(log, event, data)

    def _event(self, log: Log, event: dict[str, Any], data: dict[str, Any]) -> Iterator[UsageRecord]:
        state, kind = log.state, event.get("type")
        at = moment(event.get("timestamp"))
        if at is not None:
            state["time"] = milliseconds(at)
        at = at or moment(state.get("time")) or log.modified
        session = state.get("session") or _session_of(log.path)
        if kind == "session.start":
            state["session"] = text(data.get("sessionId")) or session
        if kind in ("session.start", "session.resume"):
            state["segment"] = {}
        if kind == "session.usage_record" and isinstance(usage := data.get("usage"), dict):
            state["recorded"] = True
            yield from self._record(log, usage, at, session, text(event.get("id")))
        elif kind == "assistant.message" and not state.get("recorded"):
            tokens = [0, 0, 0, count(data.get("outputTokens")) or 0, 0]
            model = text(data.get("model")) or state.get("model")
            if tokens[3]:
                key = text(event.get("id")) or fingerprint(session, milliseconds(at), tokens[3])
                yield self._counted(state, "counted", model, tokens, key, at, session)
        elif kind == "session.compaction_complete" and isinstance(used := data.get("compactionTokensUsed"), dict):
            tokens = _tokens(used, _NAMES)
            tokens = tokens if any(tokens) else _tokens(used, _FIRST_NAMES)
            if any(tokens):
                model = text(used.get("model")) or state.get("model")
                key = text(event.get("id")) or fingerprint(session, milliseconds(at), *tokens)
                yield self._counted(state, "summaries", model, tokens, key, at, session)
        elif kind == "session.shutdown" and isinstance(metrics := data.get("modelMetrics"), dict):
            whole = "usageAccountingWatermarks" in data
            for model, told in metrics.items():
                usage = told.get("usage") if isinstance(told, dict) else None
                if isinstance(usage, dict) and isinstance(model, str):
                    key = fingerprint(text(event.get("id")) or milliseconds(at), model)
                    yield from self._rest(state, text(model), _tokens(usage, _NAMES), whole, key, at, session)
        if isinstance(named := data.get("newModel") or data.get("selectedModel") or data.get("model"), str):
            state["model"] = text(named)

    def _record(
        self, log: Log, usage: dict[str, Any], at: datetime, session: str | None, id: str | None
    ) -> Iterator[UsageRecord]:
        tokens = _tokens(usage, _NAMES)
        if not any(tokens):
            log.skipped("without tokens")
            return
        accounting = usage.get("accounting")
        accounting = accounting if isinstance(accounting, dict) else {}
        origin, number = text(accounting.get("sourceSessionId")), count(accounting.get("sequence"))
        key = fingerprint(origin, number) if origin and number is not None else id
        model = text(usage.get("model"))
        key = key or fingerprint(session, milliseconds(at), *tokens)
        own = log.state["own"] = usage.get("isByok") is True  # the user's own key, or server
        _add(log.state, "counted", model, tokens)
        yield self._row(
            tokens,
            key=key,
            time=at,
            session=origin or session,
            model=model,
            provider=None if own else _PROVIDER,
            wire=_WIRES.get(str(usage.get("apiEndpoint"))),
            response_id=text(usage.get("apiCallId")),
            latency_ms=duration(usage.get("duration")),
            first_byte_ms=duration(usage.get("timeToFirstTokenMs")),
        )

    def _counted(
        self,
        state: dict[str, Any],
        kind: str,
        model: str | None,
        tokens: _Tokens,
        key: str,
        at: datetime,
        session: str | None,
    ) -> UsageRecord:
        """A call that sums may contain. The end of a log may be read twice."""
        last = state.setdefault("last", {})
        if kind == "counted" and (last.get(model or "") or [None])[0] != key:
            _add(state, kind, model, tokens)
            last[model or ""] = [key, milliseconds(at), tokens]
        elif kind == "summaries" and state.get("summary") != key:
            _add(state, kind, model, tokens)
            state["summary"] = key
        provider = None if state.get("own") else _PROVIDER
        return self._row(tokens, key=key, time=at, session=session, model=model, provider=provider)

    def _rest(
        self,
        state: dict[str, Any],
        model: str | None,
        told: _Tokens,
        whole: bool,
        key: str,
        at: datetime,
        session: str | None,
    ) -> Iterator[UsageRecord]:
        """What the sums have and no row has yet."""
        scope = state.setdefault("session_sums" if whole else "segment", {})
        known = scope.get(f"counted {model}", [0] * 5)
        left = [max(0, one - other) for one, other in zip(told, known, strict=True)]
        summaries = scope.get(f"summaries {model}")
        if summaries and all(one >= other for one, other in zip(left, summaries, strict=True)):
            left = [one - other for one, other in zip(left, summaries, strict=True)]
        if not any(left[:4]):
            return
        last = state.get("last", {}).get(model or "")
        _add(state, "counted", model, left)
        if last is None:
            yield self._row(left, key=key, time=at, session=session, model=model, provider=_PROVIDER)
            return
        last[2] = [one + other for one, other in zip(last[2], left, strict=True)]
        then = moment(last[1]) or at
        yield self._row(last[2], key=last[0], time=then, session=session, model=model, provider=_PROVIDER)

    def _row(self, tokens: _Tokens, **fields: Any) -> UsageRecord:
        input, read, write, output, reasoning = tokens
        return UsageRecord(
            **fields,
            source=self.name,
            agent=self.name,
            input=input,
            cache_read=read,
            cache_write=write,
            output=output,
            reasoning=min(reasoning, output),
        )


def _add(state: dict[str, Any], kind: str, model: str | None, tokens: _Tokens) -> None:
    for scope in ("session_sums", "segment"):
        sums = state.setdefault(scope, {})
        before = sums.get(f"{kind} {model}", [0] * 5)
        sums[f"{kind} {model}"] = [one + other for one, other in zip(before, tokens, strict=True)]


def _tokens(told: dict[str, Any], names: tuple[str, ...]) -> _Tokens:
    input, read, write, output, reasoning = (count(told.get(name)) or 0 for name in names)
    return [input - read - write if input >= read + write else input, read, write, output, reasoning]


def _session_of(path: str) -> str | None:
    folder, name = os.path.split(path)
    return text(os.path.basename(folder) if name == "events.jsonl" else name.removesuffix(".jsonl"))


IMPORTER: Final = Copilot()
