"""The earlier response that a caller named is named in the answer too, where the upstream was sent the whole
conversation in its place, and says that there was none."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

import msgspec

# Within a text the quotes would bear a backslash.
_NONE = re.compile(rb'"previous_response_id"\s*:\s*null')


def naming(raw: bytes, id: str) -> bytes:
    """A response, or events of one, with the id of the earlier one."""
    told = b'"previous_response_id":' + msgspec.json.encode(id)
    return _NONE.sub(lambda found: told, raw)


async def naming_all(chunks: AsyncGenerator[bytes, None], id: str) -> AsyncGenerator[bytes, None]:
    """The same of each chunk."""
    try:
        async for chunk in chunks:
            yield naming(chunk, id)
    finally:
        await chunks.aclose()
