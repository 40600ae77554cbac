"""Where in a TOML text each statement stands. The text is known to be TOML: nothing is checked here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

BARE = re.compile(r"[A-Za-z0-9_-]+")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'", re.DOTALL
)
_WORD = re.compile(r"[^,\]}#\r\n]*[^,\]}#\s]")
_LISTED = "[[]]"
"""What stands in names for the element of a list of tables, which no place reaches."""


@dataclass(frozen=True)
class Statement:
    """The head of a table, or a name with its value.

    names: from the root. start, end: where it begins and ends, without blanks, comment and line end. value: where its
    value begins; inner: the entries of a table in braces.
    """

    names: tuple[str, ...]
    head: bool
    start: int
    value: int
    end: int
    inner: list[Statement] | None = None


def statements(text: str) -> list[Statement]:
    """All statements of a text that is TOML, in their order."""
    return _Scanner(text).all()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def all(self) -> list[Statement]:
        found: list[Statement] = []
        table: tuple[str, ...] = ()
        self._skip()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._head(found)
            else:
                found.append(self._assignment(table))
            self._skip()
        return found

    def _head(self, found: list[Statement]) -> tuple[str, ...]:
        start, brackets = self._at, 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        names = self._name()
        self._at += brackets
        if brackets == 2:
            names = (*names, _LISTED)
        found.append(Statement(names, True, start, start, self._at))
        return names

    def _assignment(self, table: tuple[str, ...]) -> Statement:
        start = self._at
        names = table + self._name()
        self._at += 1
        self._skip()
        value = self._at
        inner = self._value(names)
        return Statement(names, False, start, value, self._at, inner)

    def _name(self) -> tuple[str, ...]:
        names = []
        while True:
            self._skip()
            found = _KEY.match(self._text, self._at)
            assert found is not None
            names.append(next(iter(tomllib.loads(f"{found[0]} = 0"))))
            self._at = found.end()
            self._skip()
            if self._text[self._at] != ".":
                return tuple(names)
            self._at += 1

    def _value(self, names: tuple[str, ...]) -> list[Statement] | None:
        match self._text[self._at]:
            case "[":
                self._several("]", lambda: self._value((*names, _LISTED)))
            case "{":
                inner: list[Statement] = []
                self._several("}", lambda: inner.append(self._assignment(names)))
                return inner
            case _:
                found = _STRING.match(self._text, self._at) or _WORD.match(self._text, self._at)
                assert found is not None
                self._at = found.end()
        return None

    def _several(self, closing: str, one: Callable[[], object]) -> None:
        self._at += 1
        self._skip()
        while self._text[self._at] != closing:
            one()
            self._skip()
            if self._text[self._at] == ",":
                self._at += 1
                self._skip()
        self._at += 1

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
