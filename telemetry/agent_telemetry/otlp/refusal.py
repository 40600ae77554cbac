"""Why a request as a whole is not taken."""

from __future__ import annotations


class Refusal(Exception):
    """`status` is HTTP's; the message is a sentence for whoever looks after the exporter, and quotes nothing. A refusal
    with `retry_after` (seconds) asks for the same again."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
