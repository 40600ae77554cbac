"""JSON as some servers write it: with bytes that are no UTF-8, or with half of a surrogate pair."""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

T = TypeVar("T")


def decode(decoder: msgspec.json.Decoder[T], data: bytes) -> T:
    """What `decoder` makes of `data`; text that is no Unicode becomes U+FFFD. msgspec.DecodeError for no such JSON."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass  # rare, so that all the time goes into this one case
    except RecursionError:
        raise msgspec.DecodeError("nested too deeply") from None
    try:
        text = json.dumps(json.loads(data.decode("utf-8", "replace")), ensure_ascii=False)
    except (ValueError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None
    return decoder.decode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
