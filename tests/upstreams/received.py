"""A request as the scripted upstream received it, byte for byte."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any


class Received:
    """One request.

    head: the request line and header lines, as sent, without the blank line.
    body: the raw body, with a chunked transfer coding taken off.
    at: time.monotonic() when it was complete (when its head was, if the body is never read).
    nth: 0 for the first request on its connection, 1 for the next on the same connection, ...
    answered: the last byte of the scripted answer was written.
    disconnected_after: seconds from `at` until the client closed early; None if it did not.
    """

    def __init__(self, head: bytes, body: bytes, at: float, nth: int) -> None:
        self.head = head
        self.body = body
        self.at = at
        self.nth = nth
        self.answered = False
        self.disconnected_after: float | None = None

    @cached_property
    def _line(self) -> list[str]:
        return self.head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")

    @property
    def method(self) -> str:
        return self._line[0]

    @property
    def target(self) -> str:
        """Path and query, as sent."""
        return self._line[1]

    @cached_property
    def path(self) -> str:
        """Path without query and without the ``/as/<behaviour>`` prefix."""
        path = self.target.partition("?")[0]
        return "/" + path[4:].partition("/")[2] if path.startswith("/as/") else path

    @cached_property
    def headers(self) -> dict[str, str]:
        """Names in lower case; where a name is repeated, the last value."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    @cached_property
    def json(self) -> Any:
        """The body as JSON; an empty dict if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def key(self) -> str:
        """The API key that came with it, whichever header it came in; "" if none."""
        authorization = self.headers.get("authorization", "")
        return self.headers.get("x-api-key") or authorization.removeprefix("Bearer ")

    def as_dict(self) -> dict[str, Any]:
        """For the control path."""
        return {
            "method": self.method,
            "target": self.target,
            "headers": self.headers,
            "body": self.body.decode("utf-8", "replace"),
            "nth": self.nth,
            "answered": self.answered,
            "disconnected_after": self.disconnected_after,
        }

    def __repr__(self) -> str:
        return f"<{self.method} {self.target} {len(self.body)} B, answered={self.answered}>"
