"""An answer that is one of a few words (`responseMimeType` `text/x.enum`), for models that only know JSON.

They are asked for an object with the word in it, which every one can be held to: not all take a schema that is no
object. The caller is told the bare word.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import OutputFormat
from agent_router.errors import ApiError
from agent_router.wire.loose import mapping, sequence

ENUM = "text/x.enum"
_NAME = "value"


def enum_format(schema: Any) -> OutputFormat:
    """The format to ask for. ApiError 400 if the schema, a JSON Schema, names no words."""
    words = [each for each in sequence(mapping(schema).get("enum")) if isinstance(each, str)]
    if not words:
        raise ApiError(
            400,
            f"generationConfig.responseSchema: an answer as {ENUM} needs a schema with an enum of strings.",
            code="invalid_argument",
            param="generationConfig.responseSchema",
        )
    described = {name: schema[name] for name in ("title", "description") if name in schema}
    return OutputFormat(
        "json_schema",
        "answer",
        {
            "type": "object",
            "properties": {_NAME: {"type": "string", "enum": words, **described}},
            "required": [_NAME],
            "additionalProperties": False,
        },
    )


def bare(text: str) -> str:
    """The word in an answer; an answer that is no such JSON is told as it is."""
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text
    word = said.get(_NAME) if isinstance(said, dict) else said
    return word if isinstance(word, str) else text
