"""What a log record may be called: the field for it is new, and most have an attribute, or a body that is a name."""

from __future__ import annotations

import re
from typing import Final

from agent_telemetry.otlp.records import Attributes

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+", re.IGNORECASE)
_LONGEST: Final = 80  # characters


def event_names(field: str, body: str, attributes: Attributes) -> tuple[str, ...]:
    """All that are there, each once. A body that is no name is text, and is not looked at any further."""
    found = [field] if field else []
    told = attributes.get("event.name")
    if isinstance(told, str) and told:
        found.append(told)
    if len(body) <= _LONGEST and _NAME.fullmatch(body):
        found.append(body)
    return tuple(dict.fromkeys(found))
