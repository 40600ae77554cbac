"""A file that holds one value and nothing else. Every place is that value."""

from __future__ import annotations

from typing import Any

from agent_router.settings_files.place import MISSING, Place


class LineText:
    """A text of one line."""

    def __init__(self, text: str) -> None:
        self._text = text

    @property
    def text(self) -> str:
        return self._text

    def get(self, place: Place) -> Any:
        return (self._text.strip() or MISSING) if place else MISSING

    def raw(self, place: Place) -> str | None:
        return self._text if self._text.strip() else None

    def put_raw(self, place: Place, raw: str) -> None:
        self._text = raw

    def set(self, place: Place, value: Any) -> None:
        self._text = str(value)

    def remove(self, place: Place) -> None:
        self._text = ""
