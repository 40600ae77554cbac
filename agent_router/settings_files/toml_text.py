"""TOML, edited where our own scanner says that a value stands.

What is put in is written in the form that the file leaves room for: a table with a head, an entry of a table in
braces, or a dotted name. Every edit is read again before it counts: it changed that one value, or it is refused.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator
from typing import Any

from agent_router.settings_files.place import MISSING, Item, Place, SettingsFormatError
from agent_router.settings_files.toml_scanner import BARE, Statement, statements

Names = tuple[str, ...]


class TomlText:
    """A TOML text that can be edited. SettingsFormatError if it is none. Places have no items of lists here."""

    def __init__(self, text: str) -> None:
        self._bom = text[:1] if text.startswith("\ufeff") else ""
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._take(text.removeprefix("\ufeff"))

    def _take(self, text: str) -> None:
        self._document = _read(text)
        self._text = text
        self._statements = statements(text)

    @property
    def text(self) -> str:
        return self._bom + self._text

    def get(self, place: Place) -> Any:
        node: Any = self._document
        for step in place:
            if not isinstance(node, dict) or step not in node:
                return MISSING
            node = node[step]
        return node

    def raw(self, place: Place) -> str | None:
        value = self.get(place)
        if value is MISSING:
            return None
        found = self._exact(_names(place))
        return _rendered(value) if found is None else self._text[found.value : found.end]

    def put_raw(self, place: Place, raw: str) -> None:
        found = self._exact(_names(place))
        if found is None:
            self.set(place, tomllib.loads(f"value = {raw}")["value"])
        else:
            self._take(self._text[: found.value] + raw + self._text[found.end :])

    def set(self, place: Place, value: Any) -> None:
        if self.get(place) == value:
            return
        names = _names(place)
        wanted = copy.deepcopy(self._document)
        node: Any = wanted
        for depth, name in enumerate(names[:-1]):
            node = node.setdefault(name, {})
            if not isinstance(node, dict):
                raise SettingsFormatError(f"{'.'.join(names[: depth + 1])} is no table")
        node[names[-1]] = value
        for text in self._with(names, value):
            if _or_none(text) == wanted:
                self._take(text)
                return
        raise SettingsFormatError(f"{'.'.join(names)} finds no place in it")

    def remove(self, place: Place) -> None:
        if self.get(place) is MISSING:
            return
        names = _names(place)
        wanted = copy.deepcopy(self._document)
        _drop(wanted, names)
        text = self._without(names)
        # A table that had only this in it needs no head, and goes with it.
        while (found := _or_none(text)) != wanted and len(names) > 1:
            names = names[:-1]
            if _at(wanted, names) == {}:
                _drop(wanted, names)
        if found != wanted:
            raise SettingsFormatError(f"{'.'.join(_names(place))} cannot be taken out")
        self._take(text)

    # Where

    def _exact(self, names: Names) -> Statement | None:
        return next((each for each in _all(self._statements) if not each.head and each.names == names), None)

    def _within(self, names: Names) -> Statement | None:
        """The table in braces that a value of this name would be in."""
        found = (each for each in _all(self._statements) if each.inner is not None and len(each.names) < len(names))
        return next((each for each in found if names[: len(each.names)] == each.names), None)

    def _with(self, names: Names, value: Any) -> Iterator[str]:
        """The text with a value in it, in one form after another."""
        text, newline, found = self._text, self._newline, self._exact(names)
        if found is not None:
            yield text[: found.value] + _rendered(value) + text[found.end :]
            return
        braces = self._within(names)
        if braces is not None:
            assert braces.inner is not None
            shown = f"{_dotted(names[len(braces.names) :])} = {_rendered(value)}"
            if braces.inner:
                end = braces.inner[-1].end
                yield f"{text[:end]}, {shown}{text[end:]}"
            else:
                yield f"{text[: braces.value]}{{ {shown} }}{text[braces.end :]}"
            return
        if self.get(names) is not MISSING:  # a table that is written in several places
            text = self._without(names)
        if isinstance(value, dict):
            lines = [f"[{_dotted(names)}]", *(f"{_dotted((key,))} = {_rendered(each)}" for key, each in value.items())]
            yield _ended(text, newline) + (newline if text.strip() else "") + newline.join(lines) + newline
        elif len(names) > 1:
            yield self._in_table(text, names, value)
        yield self._at_the_top(text, f"{_dotted(names)} = {_rendered(value)}")

    def _in_table(self, text: str, names: Names, value: Any) -> str:
        line = f"{_dotted(names[-1:])} = {_rendered(value)}{self._newline}"
        found = statements(text)
        head = next((index for index, each in enumerate(found) if each.head and each.names == names[:-1]), None)
        if head is None:
            return f"{_ended(text, self._newline)}{self._newline}[{_dotted(names[:-1])}]{self._newline}{line}"
        while head + 1 < len(found) and not found[head + 1].head:
            head += 1
        return _behind(text, found[head].end, line, self._newline)

    def _at_the_top(self, text: str, line: str) -> str:
        """Before the first head: what stands behind it belongs to its table."""
        line += self._newline
        last = None
        for each in statements(text):
            if each.head:
                break
            last = each
        if last is not None:
            return _behind(text, last.end, line, self._newline)
        return line + (self._newline + text if text.strip() else "")

    def _without(self, names: Names) -> str:
        """The text without this value, and without the heads of its tables."""
        text = self._text
        for each in reversed(self._statements):
            if each.names[: len(names)] == names:
                text = self._cut_line(text, each)
            elif each.inner is not None and names[: len(each.names)] == each.names:
                text = _cut_entry(text, each, names)
        return text

    def _cut_line(self, text: str, each: Statement) -> str:
        start, end = text.rfind("\n", 0, each.start) + 1, text.find("\n", each.end)
        end = len(text) if end < 0 else end + 1
        # The empty line that sets it off goes too, where nothing needs it any more.
        rest = text[end:]
        if each.head and text[:start].endswith(self._newline * 2):
            start -= len(self._newline)
        elif start == 0 and not each.head and rest.startswith(self._newline):
            end += len(self._newline)
        return text[:start] + text[end:]


def _cut_entry(text: str, braces: Statement, names: Names) -> str:
    entries = braces.inner or []
    for index in reversed(range(len(entries))):
        each = entries[index]
        if each.names[: len(names)] == names:
            if len(entries) == 1:
                text = f"{text[: braces.value]}{{}}{text[braces.end :]}"
            elif index:
                text = text[: entries[index - 1].end] + text[each.end :]
            else:
                text = text[: each.start] + text[entries[1].start :]
        elif each.inner is not None and names[: len(each.names)] == each.names:
            text = _cut_entry(text, each, names)
    return text


def _all(found: list[Statement]) -> Iterator[Statement]:
    for each in found:
        yield each
        yield from _all(each.inner or [])


def _names(place: Place) -> Names:
    if any(isinstance(step, Item) for step in place):
        raise SettingsFormatError("lists of tables are not edited here")
    return tuple(str(step) for step in place)


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsFormatError(str(error)) from None


def _or_none(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _at(document: Any, names: Names) -> Any:
    for name in names:
        document = document[name]
    return document


def _drop(document: dict[str, Any], names: Names) -> None:
    del _at(document, names[:-1])[names[-1]]


def _ended(text: str, newline: str) -> str:
    return text if not text or text.endswith("\n") else text + newline


def _behind(text: str, at: int, line: str, newline: str) -> str:
    """With a line more, behind the one that holds `at`."""
    end = text.find("\n", at)
    return text + newline + line if end < 0 else text[: end + 1] + line + text[end + 1 :]


def _dotted(names: Names) -> str:
    return ".".join(name if BARE.fullmatch(name) else _rendered(name) for name in names)


def _rendered(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case dict():
            inner = ", ".join(f"{_dotted((str(key),))} = {_rendered(each)}" for key, each in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list():
            return f"[{', '.join(map(_rendered, value))}]"
        case _:
            return str(value)  # numbers, dates
