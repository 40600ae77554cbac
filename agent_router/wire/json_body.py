"""A request's JSON body as a typed value, and what makes it none, in OpenAI's words."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from agent_router.errors import ApiError

T = TypeVar("T")
_AT = re.compile(r" - at `\$\.?(.*)`$")


def decoded(decoder: msgspec.json.Decoder[T], raw: bytes) -> T:
    """The body. ApiError 400 names the field and what is wrong with it."""
    if not raw.strip():
        raise ApiError(400, "The request body is empty; a JSON object is expected.", code="invalid_json")
    try:
        if not raw.isascii():
            raw.decode("utf-8")  # fields that are not decoded are not checked otherwise
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        text = str(error)
        at = _AT.search(text)
        param = at.group(1) if at else None
        said = _AT.sub("", text)
        where = f"Invalid value for '{param}'" if param else "Invalid request body"
        code = "invalid_type" if text.startswith("Expected") else "invalid_value"
        if "missing required field" in text:
            code = "missing_required_parameter"
        raise ApiError(400, f"{where}: {said}.", code=code, param=param) from None
    except UnicodeDecodeError:
        raise ApiError(400, "The request body is not valid UTF-8.", code="invalid_json") from None
    except RecursionError:
        raise ApiError(400, "The request body is nested too deeply.", code="invalid_json") from None
    except msgspec.DecodeError as error:
        said = "a string holds half of a surrogate pair" if _lone_surrogate(raw) else str(error)
        raise ApiError(400, f"The request body is not valid JSON: {said}.", code="invalid_json") from None


def _lone_surrogate(raw: bytes) -> bool:
    return re.search(rb"\\u[dD][89a-fA-F]", raw) is not None
