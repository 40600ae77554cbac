"""Why a page cannot be shown."""

from __future__ import annotations


class PageError(Exception):
    """There is no page of this: the status, and a sentence for the reader."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
