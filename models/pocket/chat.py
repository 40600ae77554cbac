"""Renders a conversation by the chat template that is exported into the GGUF, so that training and serving agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATE = (Path(__file__).parent / "template.jinja").read_text(encoding="utf-8")


def _tojson(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _tojson_compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _compiled(tojson: Any) -> Any:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = tojson
    return environment.from_string(TEMPLATE)


# Servers differ in how `tojson` spaces its output; the model reads both.
_SPACED, _COMPACT = _compiled(_tojson), _compiled(_tojson_compact)


def render(
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]] | None = None,
    *,
    answer_next: bool = True,
    compact: bool = False,
) -> str:
    """The prompt's text. `answer_next` opens the assistant's turn; `compact` leaves no spaces in the tools' JSON."""
    template = _COMPACT if compact else _SPACED
    return str(template.render(messages=messages, tools=tools, add_generation_prompt=answer_next))
