"""What of a row came from outside, as it may be kept. The names of attributes are on a list; what stands in them may be
anything."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import structs

from agent_telemetry.importers.values import text
from agent_telemetry.otlp.session_ids import kept_session
from agent_telemetry.usage_record import UsageRecord

_AGENT: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_PROVIDER: Final = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,39}( [a-z0-9_.:()-]{1,20})?", re.IGNORECASE)
_ID: Final = re.compile(r"[\w.:+=-]{1,200}", re.ASCII)
_CODE: Final = re.compile(r"[A-Za-z_][\w.]{0,59}|[1-5][0-9]{2}", re.ASCII)  # a class of errors, or a status
_MAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}", re.IGNORECASE)
_WORDS: Final = 5  # "Qwen3 Coder 30B A3B"; more of them are a sentence
_MODEL: Final = 120  # characters; the longest names of models have half as many


def cleaned(row: UsageRecord, salt: bytes) -> UsageRecord:
    """The row with nothing that does not look like what it should be."""
    return structs.replace(
        row,
        agent=_fitting(row.agent, _AGENT),
        session=kept_session(row.session, salt),
        model=_model(row.model),
        requested_model=_model(row.requested_model),
        provider=_fitting(row.provider, _PROVIDER),
        response_id=_fitting(row.response_id, _ID),
        error=(_fitting(row.error, _CODE) or "error") if row.error is not None else None,
        http_status=row.http_status if row.http_status is not None and 100 <= row.http_status <= 599 else None,
    )


@lru_cache(maxsize=4096)
def _model(told: str | None) -> str | None:
    """A model's name; one may hold nearly anything, but no lines and no address of mail."""
    found = text(told)
    if found is None or len(found) > _MODEL or not found.isprintable() or _MAIL.fullmatch(found):
        return None
    return found if found.count(" ") < _WORDS else None


def _fitting(told: str | None, form: re.Pattern[str]) -> str | None:
    return told if told is not None and form.fullmatch(told) else None
