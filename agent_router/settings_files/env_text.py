"""Lines of `NAME=value`, as in `.env` files. A place is one name."""

from __future__ import annotations

import io
import re
from typing import Any

from dotenv.parser import parse_stream

from agent_router.settings_files.place import MISSING, Place

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+=,-]+")


class EnvText:
    """A `.env` text that can be edited."""

    def __init__(self, text: str) -> None:
        self._bom = text[:1] if text.startswith("\ufeff") else ""
        self._text = text.removeprefix("\ufeff")
        self._newline = "\r\n" if "\r\n" in text else "\n"

    @property
    def text(self) -> str:
        return self._bom + self._text

    def get(self, place: Place) -> Any:
        if not place:
            found_all = parse_stream(io.StringIO(self._text, newline=""))
            return {each.key: each.value for each in found_all if each.key is not None}
        found = self._find(place)
        return MISSING if found is None else found[2]

    def raw(self, place: Place) -> str | None:
        found = self._find(place)
        return None if found is None else self._text[found[0] : found[1]]

    def put_raw(self, place: Place, raw: str) -> None:
        found = self._find(place)
        if found is not None:
            self._text = self._text[: found[0]] + raw + self._text[found[1] :]

    def set(self, place: Place, value: Any) -> None:
        found = self._find(place)
        if found is not None and found[2] == value:
            return
        word = str(value) if _PLAIN.fullmatch(str(value)) else "'" + str(value).replace("'", "\\'") + "'"
        line = f"{place[0]}={word}"
        if found is not None:
            self._text = self._text[: found[0]] + line + self._text[found[1] :]
            return
        start = self._newline if self._text and not self._text.endswith("\n") else ""
        self._text += start + line + self._newline

    def remove(self, place: Place) -> None:
        found = self._find(place)
        if found is not None:
            rest = self._text[found[1] :]
            self._text = self._text[: found[0]] + rest.removeprefix("\r").removeprefix("\n")

    def _find(self, place: Place) -> tuple[int, int, str] | None:
        """(start, end, value) of the last line that sets this name, without its end."""
        found, at = None, 0
        for binding in parse_stream(io.StringIO(self._text, newline="")):
            written = binding.original.string
            if binding.key == place[0] and binding.value is not None:
                # Blank lines in front of a line are handed over with it.
                start = at + len(written) - len(written.lstrip())
                found = (start, at + len(written.rstrip("\r\n")), binding.value)
            at += len(written)
        return found
