"""What the ledger takes, as SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from agent_telemetry.learned import FamilyRow, Learned, Move
from agent_telemetry.model_names import without_folder
from agent_telemetry.outcome import Outcome
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import UsageRecord

Row = UsageRecord | Trial | Outcome | Learned
Statement = tuple[str, Sequence[tuple[Any, ...]]]
"""SQL, and the values it is executed with, one after the other."""

TEXT_LENGTH = 300  # characters; a model name comes from the caller and could be megabytes
_COLUMNS = UsageRecord.__struct_fields__
_MODELS = (_COLUMNS.index("model"), _COLUMNS.index("requested_model"))
_DECISION = _COLUMNS.index("decision")  # our own, and as long as it is


def _insert(table: str, columns: Iterable[str], verb: str = "INSERT") -> str:
    names = tuple(columns)
    return f"{verb} INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


# A call that is told of several times grows; the greatest output is the whole of it. What was found to have a better
# row still has one when it comes again.
_GROWN = [f"{name} = excluded.{name}" for name in _COLUMNS[2:] if name != "duplicate"]
UPSERT = (
    f"{_insert('calls', _COLUMNS)} ON CONFLICT (source, key) DO UPDATE SET {', '.join(_GROWN)}, "
    "duplicate = coalesce(excluded.duplicate, calls.duplicate) "
    "WHERE coalesce(excluded.output, -1) >= coalesce(calls.output, -1)"
)
_TRIAL = _insert("trials", Trial.__struct_fields__)
_OUTCOME = _insert("outcomes", Outcome.__struct_fields__)
_FAMILY = _insert("families", FamilyRow.__struct_fields__, "INSERT OR REPLACE")
_MOVE = _insert("moves", Move.__struct_fields__)
_NODE = _insert("nodes", ("model", "id", "good", "total", "new"), "INSERT OR REPLACE")
_STATE = _insert("states", ("name", "state"), "INSERT OR REPLACE")


def statements(row: Row) -> Iterator[Statement]:
    """What writes a row."""
    match row:
        case UsageRecord():
            yield UPSERT, [values(row)]
        case Trial():
            yield _TRIAL, [values(row)]
        case Outcome():
            yield _OUTCOME, [values(row)]
        case Learned():
            yield from _learned(row)


def values(row: msgspec.Struct) -> tuple[Any, ...]:
    """A row's fields as SQLite takes them: times as milliseconds since 1970, text bounded."""
    found = list(msgspec.structs.astuple(row))
    if type(row) is UsageRecord:
        for place in _MODELS:
            if found[place] is not None:
                found[place] = without_folder(found[place])
    for i, value in enumerate(found):
        if type(value) is str:
            if len(value) > TEXT_LENGTH and not (i == _DECISION and type(row) is UsageRecord):
                found[i] = value[:TEXT_LENGTH]
        elif type(value) is datetime:
            found[i] = milliseconds(value)
    return tuple(found)


def milliseconds(moment: datetime) -> int:
    """Since 1970; a time without a zone counts as UTC."""
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0, round(moment.timestamp() * 1000))


def _learned(row: Learned) -> Iterator[Statement]:
    astuple = msgspec.structs.astuple
    yield _FAMILY, [astuple(family) for family in row.families]
    yield _MOVE, [astuple(move) for move in row.moves]
    yield _NODE, [(model, *node) for model, nodes in row.nodes.items() for node in nodes]
    yield "DELETE FROM families WHERE name = ?", [(name,) for name in row.gone_families]
    yield "DELETE FROM forgotten WHERE family = ?", [(name,) for name in row.gone_families]
    gone = [(model, node) for model, nodes in row.gone_nodes.items() for node in nodes]
    yield "DELETE FROM nodes WHERE model = ? AND id = ?", gone
    yield _STATE, list(row.states.items())
