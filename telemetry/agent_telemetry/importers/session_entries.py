"""The entries of a session as pi writes them, and OpenClaw, which grew from it: JSON lines, a tree by their ids.

A header (`type: session`) stands first, then `message`, `model_change`, `compaction`, `branch_summary`, `usage` and
others; calls are the assistant's messages, and whatever else has a `usage`. `usage.input` is without the cache,
`usage.output` with reasoning. Format: docs/session-format.md and docs/message-types.md of pi's package; versions
1 to 3.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from agent_telemetry.importers import values
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.values import count, fingerprint, milliseconds, moment, text
from agent_telemetry.usage_record import Status, UsageRecord

Wire = Literal["messages", "responses", "chat"]

_HEAD: Final = 400  # bytes in which an entry that is no call says what it is
_INPUT: Final = ("input", "inputTokens", "input_tokens")
_OUTPUT: Final = ("output", "outputTokens", "output_tokens")
_READ: Final = ("cacheRead", "cache_read", "cache_read_input_tokens")
_WRITE: Final = ("cacheWrite", "cache_write", "cache_creation_input_tokens")
_REASONING: Final = ("reasoning", "reasoningTokens")
_TOTAL: Final = ("totalTokens", "total", "total_tokens")
_LONG: Final = "cacheWrite1h"
_KNOWN: Final = frozenset((*_INPUT, *_OUTPUT, *_READ, *_WRITE, *_REASONING, *_TOTAL, _LONG))
_WIRES: Final[dict[str, Wire]] = {
    "anthropic-messages": "messages",
    "openai-completions": "chat",
    "openai-responses": "responses",
    "azure-openai-responses": "responses",
    "openai-codex-responses": "responses",
}
_STATUS: Final[dict[str | None, Status]] = {"error": "error", "aborted": "cancelled", "timeout": "error"}
_MIRRORS: Final = frozenset(("delivery-mirror", "gateway-injected"))
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]{5,63}")


class _Message(msgspec.Struct):
    role: Any = None
    api: Any = None
    provider: Any = None
    model: Any = None
    modelId: Any = None
    responseModel: Any = None
    responseId: Any = None
    usage: Any = None
    stopReason: Any = None
    timestamp: Any = None
    durationMs: Any = None
    openclawDeliveryMirror: Any = None


class _Entry(msgspec.Struct):
    type: Any = None
    id: Any = None
    timestamp: Any = None
    message: _Message | None = None
    usage: Any = None
    provider: Any = None
    model: Any = None
    modelId: Any = None
    parentSession: Any = None
    customType: Any = None
    data: Any = None


class Tokens(msgspec.Struct, frozen=True):
    """A call's tokens in the ledger's buckets."""

    input: int
    cache_read: int
    cache_write: int
    output: int
    reasoning: int | None
    cache_write_1h: int | None


_entries: Final = msgspec.json.Decoder(_Entry)


def matters(line: bytes) -> bool:
    """Whether a line can be a call, or say which model or session the calls after it belong to."""
    if b'"usage"' in line:
        return True
    head = line[:_HEAD]
    return b'"session"' in head or b'"modelId"' in head


class SessionEntries:
    """Reads one session's entries in their order. `state` is kept between readings, and goes into `Log.state`."""

    def __init__(
        self, source: str, log: Log, state: dict[str, Any], session: str | None, agent: str | None = None
    ) -> None:
        self._source = source
        self._agent = agent or source
        self._log = log
        self._state = state
        self._session = session

    def call(self, line: bytes, written: object = None) -> UsageRecord | None:
        """The call that a line tells of. `written`: when it was, where something beside the line says so."""
        entry = self._entry(line)
        if entry is None:
            return None
        if entry.type == "session":
            self._header(entry)
            return None
        self._remember_model(entry)
        message = entry.message
        usage = entry.usage
        if message is not None and isinstance(message.usage, dict):
            usage = message.usage
        if not isinstance(usage, dict):
            return None
        return self._record(entry, message or _Message(), usage, written)

    def _entry(self, line: bytes) -> _Entry | None:
        try:
            return _entries.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        try:
            found = values.document(line)
        except ValueError:
            self._log.damaged()
            rest = values.appended(line)
            return None if rest is None else self._entry(rest)
        try:
            return msgspec.convert(found, _Entry)
        except (msgspec.ValidationError, RecursionError):
            return None

    def _header(self, entry: _Entry) -> None:
        if session := text(entry.id):
            self._state["session"] = session
        self._remember(entry.provider, entry.modelId or entry.model)
        began = moment(entry.timestamp)
        if began is not None:
            self._state.setdefault("time", milliseconds(began))
            if isinstance(entry.parentSession, str) and (parent := session_of(entry.parentSession)):
                self._state["fork"] = [milliseconds(began), parent]

    def _remember_model(self, entry: _Entry) -> None:
        if entry.type == "model_change":
            self._remember(entry.provider, entry.modelId or entry.model)
        elif entry.type == "custom" and entry.customType == "model-snapshot" and isinstance(entry.data, dict):
            self._remember(entry.data.get("provider"), entry.data.get("modelId") or entry.data.get("model"))

    def _remember(self, provider: object, model: object) -> None:
        if told := text(model):
            self._state["model"] = told
            self._state["provider"] = text(provider) or self._state.get("provider")

    def _record(self, entry: _Entry, message: _Message, usage: dict[str, Any], written: object) -> UsageRecord | None:
        model = text(message.model) or text(message.modelId) or text(entry.model)
        provider = text(message.provider) or text(entry.provider)
        if (provider == "openclaw" and model in _MIRRORS) or isinstance(message.openclawDeliveryMirror, dict):
            self._log.skipped("copies of what was sent")
            return None
        for field in usage.keys() - _KNOWN:
            if count(usage[field]):
                self._log.unknown(f"usage.{field}")
        tokens = tokens_of(usage)
        status = _STATUS.get(text(message.stopReason), "ok")
        at = moment(message.timestamp) or moment(entry.timestamp) or moment(written) or self._last()
        self._state["time"] = milliseconds(at)
        if tokens is None:
            self._log.skipped("without tokens" if status == "ok" else "failed")
            return None
        nested = message.role not in (None, "assistant")  # a tool's own calls: of which model is not said
        if model is None and not nested:
            model, provider = self._state.get("model"), provider or self._state.get("provider")
        asked, answered = model, text(message.responseModel)
        if answered and asked and other_model(asked, answered):
            model = answered
        duration = message.durationMs
        return UsageRecord(
            source=self._source,
            agent=self._agent,
            key=self._key(entry, message, tokens, model),
            time=at,
            session=self._session_at(entry),
            model=model,
            requested_model=asked if asked != model else None,
            provider=provider,
            wire=_WIRES.get(message.api) if isinstance(message.api, str) else None,
            status=status,
            response_id=text(message.responseId),
            latency_ms=float(duration) if type(duration) in (int, float) and 0 <= duration < 1e9 else None,
            **msgspec.structs.asdict(tokens),
        )

    def _key(self, entry: _Entry, message: _Message, tokens: Tokens, model: str | None) -> str:
        """What a fork, a reset and a move into a database leave as it was. Ids are eight hexadecimal digits, and
        unique in a session only; version 1 has none, and there the model takes the id's place. Names of providers
        and models are otherwise left out, as OpenClaw's doctor repairs them."""
        id = text(entry.id)
        return fingerprint(
            *(id or model, _instant(entry.timestamp), _instant(message.timestamp)),
            *(tokens.input, tokens.cache_read, tokens.cache_write, tokens.output),
        )

    def _last(self) -> datetime:
        last = moment(self._state.get("time"))
        if last is not None:
            return last
        try:
            return self._log.modified
        except OSError:
            return datetime.now(UTC)

    def _session_at(self, entry: _Entry) -> str | None:
        """A fork's first entries are its parent's, as they were."""
        own: str | None = self._state.get("session") or self._session
        fork = self._state.get("fork")
        if fork:
            at = moment(entry.timestamp)
            if at is not None and milliseconds(at) < fork[0]:
                return str(fork[1])
        return own


def session_of(path: str) -> str | None:
    """The session's id as the name of its file has it: `<time>_<id>.jsonl` (pi), `<id>.jsonl` and what may follow."""
    name = re.split(r"[\\/]", path)[-1]
    name = name.partition(".jsonl")[0].rpartition("_")[2]
    return name if _ID.fullmatch(name) else None


def tokens_of(usage: dict[str, Any]) -> Tokens | None:
    """A `usage` in the ledger's buckets; None where no token was counted."""

    def first(names: tuple[str, ...]) -> int | None:
        return next((found for name in names if (found := count(usage.get(name))) is not None), None)

    input, output = first(_INPUT) or 0, first(_OUTPUT) or 0
    read, write = first(_READ) or 0, first(_WRITE) or 0
    total, reasoning, long = first(_TOTAL) or 0, first(_REASONING), count(usage.get(_LONG))
    parts = input + read + write + output
    if not parts:
        input = total  # a program behind OpenClaw that tells no more
    if not (parts or input):
        return None
    return Tokens(
        *(input, read, write, output),
        reasoning=min(reasoning, output) if reasoning is not None else None,
        cache_write_1h=min(long, write) if long is not None else None,
    )


def other_model(asked: str, answered: str) -> bool:
    """Whether the model that answered is another one than was asked, and not the same one's name with a date or a
    provider, or in another order."""
    one, other = (set(re.split(r"[^a-z0-9]+", name.rpartition("/")[2].lower())) for name in (asked, answered))
    return not (one <= other or other <= one)


def _instant(value: object) -> int | None:
    at = moment(value)
    return milliseconds(at) if at is not None else None
