"""A block of our own lines between two marks, in a file whose other lines are not ours to understand.

That is a shell's start-up file. Every place is the block, a list of lines.
"""

from __future__ import annotations

from typing import Any

from agent_router.settings_files.place import MISSING, Place, SettingsFormatError

FIRST, LAST = "# >>> agent-router >>>", "# <<< agent-router <<<"


class BlockText:
    """A text that may have the block."""

    def __init__(self, text: str) -> None:
        if "\0" in text:
            raise SettingsFormatError("it is not written in an encoding that is known here")
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"

    @property
    def text(self) -> str:
        return self._text

    def get(self, place: Place) -> Any:
        found = self._find() if place else None
        return MISSING if found is None else self._text[found[0] : found[1]].splitlines()[1:-1]

    def raw(self, place: Place) -> str | None:
        found = self._find()
        return None if found is None else self._text[found[0] : found[1]]

    def put_raw(self, place: Place, raw: str) -> None:
        found = self._find()
        if found is not None:
            self._text = self._text[: found[0]] + raw + self._text[found[1] :]

    def set(self, place: Place, value: Any) -> None:
        found = self._find()
        block = self._newline.join([FIRST, *value, LAST])
        if found is not None:
            self.put_raw(place, block)
            return
        start = self._newline if self._text and not self._text.endswith("\n") else ""
        self._text += start + block + self._newline

    def remove(self, place: Place) -> None:
        found = self._find()
        if found is not None:
            self._text = self._text[: found[0]] + self._text[found[1] :].removeprefix("\r").removeprefix("\n")

    def _find(self) -> tuple[int, int] | None:
        """The last block: a first mark with no last one behind it is somebody's own line."""
        end = self._text.rfind(LAST)
        start = self._text.rfind(FIRST, 0, max(end, 0))
        return None if start < 0 or end < 0 else (start, end + len(LAST))
