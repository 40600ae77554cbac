"""Whether one of Google's clients asks, where the path does not say so: at `/v1/models`, which is OpenAI's path too."""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEY = re.compile(rb"(?:^|&)key=")


def is_googles(headers: Mapping[bytes, bytes], query: bytes) -> bool:
    """Names of headers are lower-case."""
    return b"x-goog-api-key" in headers or b"x-goog-api-client" in headers or _KEY.search(query) is not None
