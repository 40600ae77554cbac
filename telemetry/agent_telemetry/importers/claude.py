"""Claude Code: `projects/<folder>/<session>.jsonl`, and a file for each sub-agent below.

JSON lines. An answer is written as several of type `assistant`, one for each block of its content, with the same
`message.id`: the first ones while it streams, with a few tokens of output, the last with its whole `usage`. A session
that is resumed, branched or replayed repeats lines, with another `sessionId` or `requestId`, never with another
`message.id`. `input_tokens` are without the cache's, `output_tokens` with thinking. `iterations` tells of what ran
inside one answer: messages, which the figures beside it contain, and compactions and an advisor's answers, which they
do not. Format: the client itself, up to 2.1, and the API's `usage`:
https://platform.claude.com/docs/en/build-with-claude/compaction
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct, structs

from agent_telemetry.importers import values
from agent_telemetry.importers.home import Home, files
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.values import MOST, count, fingerprint, milliseconds, moment, text
from agent_telemetry.usage_record import UsageRecord

_Count = Annotated[int, Meta(ge=0, le=MOST)]
_Text = Annotated[str, Meta(max_length=300)]
_Time = Annotated[datetime, Meta(tz=True)]
_Duration = Annotated[float, Meta(ge=0, le=1e9)]

_NONE: Final = Raw(b"")
_SYNTHETIC: Final = "<synthetic>"  # what the client itself says: that the API failed, that the user broke off


class _Written(Struct, gc=False, forbid_unknown_fields=True):
    ephemeral_5m_input_tokens: _Count | None = None
    ephemeral_1h_input_tokens: _Count | None = None


class _OutputDetails(Struct, gc=False, forbid_unknown_fields=True):
    thinking_tokens: _Count | None = None


class _Usage(Struct, gc=False, forbid_unknown_fields=True):
    """All that is known to be in a `usage`: where there is more, or something else, the line is read with care."""

    input_tokens: _Count | None = None
    cache_creation_input_tokens: _Count | None = None
    cache_read_input_tokens: _Count | None = None
    output_tokens: _Count | None = None
    cache_creation: _Written | None = None
    output_tokens_details: _OutputDetails | None = None
    iterations: Raw = _NONE
    server_tool_use: Raw = _NONE
    service_tier: Raw = _NONE
    inference_geo: Raw = _NONE
    speed: Raw = _NONE
    fallback_credit: Raw = _NONE


class _Message(Struct, gc=False):
    id: _Text | None = None
    model: _Text | None = None
    usage: _Usage | None = None


class _Origin(Struct, gc=False):
    sessionId: _Text | None = None


class _Line(Struct, gc=False):
    type: str | None = None
    timestamp: _Time | None = None
    sessionId: _Text | None = None
    requestSessionId: _Text | None = None  # who paid for a branch's lines; in new versions
    forkedFrom: _Origin | None = None
    requestId: _Text | None = None
    uuid: _Text | None = None
    parentUuid: _Text | None = None
    requestedModel: _Text | None = None
    durationMs: _Duration | None = None  # in the first versions
    message: _Message | None = None


class _NewMessage(_Message, gc=False):
    usage: Any = None


class _NewLine(_Line, gc=False):
    """One whose `usage` has fields that are not known, or values that are none."""

    message: _NewMessage | None = None


class _Told(Struct, gc=False):
    message: _Line | None = None


class _Progress(Struct, gc=False):
    """What a sub-agent is at, in its parent's log: its lines, as they stand in its own."""

    timestamp: _Time | None = None
    sessionId: _Text | None = None
    data: _Told | None = None


_P = TypeVar("_P", _Written, _OutputDetails)

_KNOWN: Final = frozenset(_Usage.__struct_fields__)
_lines: Final = msgspec.json.Decoder(_Line)
_new_lines: Final = msgspec.json.Decoder(_NewLine)
_progress: Final = msgspec.json.Decoder(_Progress)
_BEGINS: Final = b'{"parentUuid"'
_NO_IDS: Final = frozenset(("", "msg_", "unknown", "msg_unknown", "null", "undefined"))  # what some proxies put there
_ID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_ANTHROPIC: Final = re.compile(r"(?:^|[./])claude", re.IGNORECASE)


class Claude:
    """Looks in `~/.claude`, `~/.config/claude`, the folders that `CLAUDE_CONFIG_DIR` names, and where the desktop
    program and Xcode keep sessions of theirs."""

    name: Final = "claude"
    title: Final = "Claude Code"

    def folders(self, home: Home) -> list[Path]:
        named = home.variables.get("CLAUDE_CONFIG_DIR", "").split(",")
        said = [home.folder / each.strip().removeprefix("~/") for each in named if each.strip()]
        folders = [*said, home.config / "claude", home.folder / ".config" / "claude", home.folder / ".claude"]
        if home.platform == "darwin":
            folders.append(home.folder / "Library/Developer/Xcode/CodingAssistant/ClaudeAgentConfig")
        found = [folder / "projects" for folder in folders]
        unique = {os.path.realpath(folder): folder for folder in reversed(found)}  # one may be a link to another
        return [*reversed(unique.values()), home.applications / "Claude" / "local-agent-mode-sessions"]

    def logs(self, home: Home) -> Iterable[str]:
        *folders, desktop = self.folders(home)
        found = dict.fromkeys(path for folder in folders for path in files(folder, ".jsonl"))
        inside = f"{os.sep}.claude{os.sep}projects{os.sep}"
        return found | dict.fromkeys(path for path in files(desktop, ".jsonl") if inside in path)

    def read(self, log: Log) -> Iterator[UsageRecord]:
        for block in log.blocks():
            calls = _calls(log, block)
            _remember_begun(log, calls)
            for key, line in calls.items():
                yield from _rows(log, key, line)


def _remember_begun(log: Log, calls: dict[str, _Line]) -> None:
    """The last answer may have begun in the block before, without any tokens so far, and so without a row."""
    if not calls:
        return
    begun = log.state.pop("begun", None)
    if begun and (line := calls.get(begun[0])) is not None and begun[1] <= milliseconds(line.timestamp):  # type: ignore[arg-type]
        line.timestamp, line.sessionId = moment(begun[1]), begun[2]
        line.requestSessionId = line.forkedFrom = None
    key, line = next(reversed(calls.items()))
    if _size(line) == (0, 0):
        log.state["begun"] = [key, milliseconds(line.timestamp), _session(line)]  # type: ignore[arg-type]


def _calls(log: Log, block: bytes) -> dict[str, _Line]:
    """The calls in a block, by their keys: of each the line with the most output, at the time of the first one."""
    calls: dict[str, _Line] = {}
    decode = _lines.decode
    last: datetime | None = None
    view, end = memoryview(block), 0
    while (at := block.find(b'"usage"', end)) >= 0:  # most lines have none, and are long
        begin = block.rfind(b"\n", end, at) + 1 or end
        end = block.find(b"\n", at)
        content = view[begin:] if end < 0 else view[begin:end]
        if end < 0:
            end = len(block)
        line: _Line | None
        try:
            line = decode(content)
            if line.type == "progress":
                line = _of_sub_agent(_progress.decode(content))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            line = _with_care(log, bytes(content))
        if line is None or line.type != "assistant":
            continue
        message = line.message
        if message is None or message.usage is None:
            continue
        if message.model == _SYNTHETIC:
            log.skipped("synthetic")
            continue
        if line.timestamp is None or not 2015 <= line.timestamp.year < 2200:
            line.timestamp = last or _last(log)
        last = line.timestamp
        key = message.id
        if key is None or key in _NO_IDS:
            key = _key(log, line)
        before = calls.get(key)
        calls[key] = line if before is None else _one(before, line)
    if last is not None:
        log.state["time"] = milliseconds(last)
    return calls


def _one(before: _Line, line: _Line) -> _Line:
    """Two lines of one answer."""
    first = line if line.timestamp < before.timestamp else before  # type: ignore[operator]
    grown = line if _size(line) > _size(before) else before
    if grown is not first:
        grown.timestamp, grown.sessionId = first.timestamp, _session(first)
        grown.requestSessionId = grown.forkedFrom = None
    return grown


def _size(line: _Line) -> tuple[int, int]:
    usage: _Usage = line.message.usage  # type: ignore[union-attr, assignment]
    input = (usage.input_tokens or 0) + (usage.cache_read_input_tokens or 0) + _written(usage)
    return usage.output_tokens or 0, input


def _session(line: _Line) -> str | None:
    """The one that paid, where the line is a branch's."""
    if line.requestSessionId:
        return line.requestSessionId
    if line.forkedFrom is not None and line.forkedFrom.sessionId:
        return line.forkedFrom.sessionId
    return line.sessionId


def _key(log: Log, line: _Line) -> str:
    """Of an answer without an id. Its lines follow one another, and other answers' do not follow upon them."""
    if line.requestId:
        return f"request:{line.requestId}"
    if line.uuid is None:
        return fingerprint(line.timestamp, *_size(line))
    chain = log.state.get("chain")
    begun: str = chain[1] if chain and chain[0] in (line.parentUuid, line.uuid) else line.uuid
    log.state["chain"] = [line.uuid, begun]
    return f"line:{begun}"


def _rows(log: Log, key: str, line: _Line) -> Iterator[UsageRecord]:
    """The call, and those that other models answered inside it."""
    message: _Message = line.message  # type: ignore[assignment]
    usage: _Usage = message.usage  # type: ignore[assignment]
    if usage.iterations is not _NONE:
        told = bytes(usage.iterations)
        if b'"compaction"' in told or b'"advisor_message"' in told:
            yield from _inside(log, key, line, told)
    if (row := _row(log, key, line, message.model, usage)) is not None:
        yield row


def _inside(log: Log, key: str, line: _Line, iterations: bytes) -> Iterator[UsageRecord]:
    """What ran inside an answer. A compaction is added to the answer's own figures, unless these contain it."""
    try:
        told = values.document(iterations)
    except ValueError:
        return
    usage: _Usage = line.message.usage  # type: ignore[union-attr, assignment]
    parts = [(_usage(log, each), each) for each in told if isinstance(each, dict)]
    all_output = sum(part.output_tokens or 0 for part, each in parts if each.get("type") != "advisor_message")
    for number, (part, each) in enumerate(parts):
        if each.get("type") == "advisor_message":
            row = _row(log, f"{key}/{number}", line, text(each.get("model")), part)
            if row is not None:
                yield structs.replace(row, response_id=None, requested_model=None, latency_ms=None)
        elif each.get("type") == "compaction" and (usage.output_tokens or 0) < all_output:
            usage.input_tokens = (usage.input_tokens or 0) + (part.input_tokens or 0)
            usage.output_tokens = (usage.output_tokens or 0) + (part.output_tokens or 0)
            usage.cache_read_input_tokens = (usage.cache_read_input_tokens or 0) + (part.cache_read_input_tokens or 0)
            usage.cache_creation_input_tokens = _written(usage) + _written(part)


def _row(log: Log, key: str, line: _Line, model: str | None, usage: _Usage) -> UsageRecord | None:
    input, output = usage.input_tokens or 0, usage.output_tokens or 0
    read, written = usage.cache_read_input_tokens or 0, _written(usage)
    if not (input or output or read or written):
        log.skipped("without tokens")
        return None
    time: datetime = line.timestamp  # type: ignore[assignment]
    parts, details, asked = usage.cache_creation, usage.output_tokens_details, line.requestedModel
    long = parts.ephemeral_1h_input_tokens if parts is not None else None
    return UsageRecord(
        source="claude",
        agent="claude",
        key=key,
        time=time if time.tzinfo is UTC else time.astimezone(UTC),
        session=_session(line) or _session_of(log.path),
        requested_model=asked if asked is not None and asked.removesuffix("[1m]") != model else None,
        model=model or None,
        provider=provider_of(model),
        wire="messages",
        input=input,
        cache_read=read,
        cache_write=written,
        output=output,
        reasoning=details.thinking_tokens if details is not None else None,
        cache_write_1h=long if long is None or long <= written else written,
        response_id=line.message.id or None,  # type: ignore[union-attr]
        latency_ms=line.durationMs,
    )


def _written(usage: _Usage) -> int:
    """Tokens that went into the cache: some tell the parts only, for five minutes and for an hour."""
    parts = usage.cache_creation
    if usage.cache_creation_input_tokens or parts is None:
        return usage.cache_creation_input_tokens or 0
    return (parts.ephemeral_5m_input_tokens or 0) + (parts.ephemeral_1h_input_tokens or 0)


@cache
def provider_of(model: str | None) -> str | None:
    return "anthropic" if model is not None and _ANTHROPIC.search(model) else None


@cache
def _session_of(path: str) -> str | None:
    """As the file or the folder of sub-agents is named for it."""
    parts = Path(path).parts
    name = parts[parts.index("subagents") - 1] if "subagents" in parts[1:] else Path(path).stem
    return name if _ID.fullmatch(name) else None


def _last(log: Log) -> datetime:
    return moment(log.state.get("time")) or log.modified


def _of_sub_agent(progress: _Progress) -> _Line | None:
    line = progress.data.message if progress.data is not None else None
    if line is not None:
        line.sessionId = line.sessionId or progress.sessionId
        line.timestamp = line.timestamp or progress.timestamp
    return line


def _with_care(log: Log, content: bytes) -> _Line | None:
    """A line in which something is not as it should be, or new."""
    try:
        new = _new_lines.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    else:
        if new.type == "assistant" and new.message is not None:
            new.message.usage = _usage(log, new.message.usage) if isinstance(new.message.usage, dict) else None
            return new
    try:
        told = values.document(content)
    except ValueError:
        log.damaged()
        begins = content.rfind(_BEGINS)  # after one that was never ended
        try:
            told = values.document(content[begins:]) if begins > 0 else None
        except ValueError:
            return None
    if not isinstance(told, dict):
        return None
    if told.get("type") == "progress":
        data = told.get("data")
        message = data.get("message") if isinstance(data, dict) else None
        if not isinstance(message, dict):
            return None
        told = {"sessionId": told.get("sessionId"), "timestamp": told.get("timestamp")} | message
    message = told.get("message")
    usage = message.get("usage") if isinstance(message, dict) else None
    if not isinstance(usage, dict) or told.get("type") != "assistant":
        return None
    origin, duration = told.get("forkedFrom"), told.get("durationMs")
    return _Line(
        "assistant",
        moment(told.get("timestamp")),
        text(told.get("sessionId")),
        text(told.get("requestSessionId")),
        _Origin(text(origin.get("sessionId"))) if isinstance(origin, dict) else None,
        text(told.get("requestId")),
        text(told.get("uuid")),
        text(told.get("parentUuid")),
        text(told.get("requestedModel")),
        float(duration) if type(duration) in (int, float) and 0 <= duration < 1e9 else None,
        _Message(text(message.get("id")), text(message.get("model")), _usage(log, usage)),
    )


def _usage(log: Log, usage: dict[str, Any]) -> _Usage:
    for field in usage.keys() - _KNOWN:
        if count(usage[field]):
            log.unknown(f"usage.{field}")
    written, details, iterations = (
        usage.get(name) for name in ("cache_creation", "output_tokens_details", "iterations")
    )
    return _Usage(
        input_tokens=count(usage.get("input_tokens")),
        cache_creation_input_tokens=count(usage.get("cache_creation_input_tokens")),
        cache_read_input_tokens=count(usage.get("cache_read_input_tokens")),
        output_tokens=count(usage.get("output_tokens")),
        cache_creation=_part(log, _Written, "cache_creation", written),
        output_tokens_details=_part(log, _OutputDetails, "output_tokens_details", details),
        iterations=Raw(msgspec.json.encode(iterations)) if isinstance(iterations, list) else _NONE,
    )


def _part(log: Log, kind: type[_P], name: str, told: object) -> _P | None:
    if not isinstance(told, dict):
        return None
    for field in told.keys() - set(kind.__struct_fields__):
        if count(told[field]):
            log.unknown(f"usage.{name}.{field}")
    return kind(*(count(told.get(field)) for field in kind.__struct_fields__))


IMPORTER: Final = Claude()
