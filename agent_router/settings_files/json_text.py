"""JSON as agents write it: with comments, trailing commas, bare and single-quoted words (JSON, JSONC, JSON5).

Read by our own scanner: the libraries at hand lose the text's own form, give wrong positions, or take seconds for a
file of some hundred kB. The grammar is that of https://spec.json5.org.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from agent_router.settings_files.place import MISSING, Item, Place, SettingsFormatError, nested, words

_SPACE = re.compile(r"(?:[\s\ufeff]+|//[^\n\r]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n\r]|\\.)*"|' + r"'(?:[^'\\\n\r]|\\.)*'", re.DOTALL)
_WORD = re.compile(r"[^\s,:{}\[\]\"'/]+")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_BLANK = " \t\r\n"
_DEEPEST = 200


@dataclass
class _Node:
    kind: Literal["object", "array", "scalar"]
    start: int
    end: int = 0
    entries: list[_Entry] = field(default_factory=list)


@dataclass
class _Entry:
    """A member of an object, or an element of an array, whose key is None. comma: where the one behind it stands."""

    start: int
    key: str | None
    value: _Node
    comma: int | None = None


class JsonText:
    """A JSON text that can be edited. SettingsFormatError if it is none; an empty one is an empty object."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        if self._is_empty():
            self._text += "{}" + self._newline
        self._root = _Scanner(self._text).whole()

    def _is_empty(self) -> bool:
        space = _SPACE.match(self._text)
        return space is not None and space.end() == len(self._text)

    @property
    def text(self) -> str:
        return self._text

    def get(self, place: Place) -> Any:
        if not place:
            return self._value(self._root)
        entry = self._entry(place)
        return MISSING if entry is None else self._value(entry.value)

    def raw(self, place: Place) -> str | None:
        entry = self._entry(place)
        return None if entry is None else self._text[entry.value.start : entry.value.end]

    def put_raw(self, place: Place, raw: str) -> None:
        entry = self._entry(place)
        if entry is not None:
            self._splice(entry.value.start, entry.value.end, raw)

    def set(self, place: Place, value: Any) -> None:
        node = self._root
        for depth, step in enumerate(place):
            wanted: Literal["object", "array"] = "array" if isinstance(step, Item) else "object"
            if depth and self._text[node.start : node.end] == "null":
                value = nested(place[depth:], value)
                break
            if node.kind != wanted:
                raise SettingsFormatError(f"{words(place[:depth])} holds no {wanted}")
            entry = self._find(node, step)
            if entry is None:
                self._insert(node, step, nested(place[depth + 1 :], value))
                return
            node = entry.value
        if self._value(node) != value:
            self._splice(node.start, node.end, self._rendered(value, self._indent(node.start)))

    def remove(self, place: Place) -> None:
        node = self._root if len(place) == 1 else getattr(self._entry(place[:-1]), "value", None)
        entry = None if node is None else self._find(node, place[-1])
        if node is None or entry is None:
            return
        index = node.entries.index(entry)
        if len(node.entries) == 1 and not self._text[node.start + 1 : entry.start].strip(_BLANK):
            behind = self._text[entry.value.end if entry.comma is None else entry.comma + 1 : node.end - 1]
            if not behind.strip(_BLANK):
                self._splice(node.start + 1, node.end - 1, "")
                return
        end = entry.value.end if entry.comma is None else entry.comma + 1
        start = self._back_over_blanks(entry.start)
        if entry.comma is None and index > 0:
            comma = node.entries[index - 1].comma
            assert comma is not None
            self._splice(comma, end, self._text[comma + 1 : start])
        else:
            self._splice(start, end, "")

    # Finding

    def _entry(self, place: Place) -> _Entry | None:
        node, entry = self._root, None
        for step in place:
            entry = self._find(node, step)
            if entry is None:
                return None
            node = entry.value
        return entry

    def _find(self, node: _Node, step: str | Item) -> _Entry | None:
        if isinstance(step, Item):
            if node.kind != "array":
                return None
            return next((entry for entry in node.entries if self._is(entry.value, step)), None)
        if node.kind != "object":
            return None
        # The last of several is the one that readers take.
        return next((entry for entry in reversed(node.entries) if entry.key == step), None)

    def _is(self, node: _Node, item: Item) -> bool:
        for step in item.key.split(".") if item.key else ():
            inner = self._find(node, step)
            if inner is None:
                return False
            node = inner.value
        return bool(self._value(node) == item.value)

    def _value(self, node: _Node) -> Any:
        if node.kind == "object":
            return {entry.key: self._value(entry.value) for entry in node.entries}
        if node.kind == "array":
            return [self._value(entry.value) for entry in node.entries]
        word = self._text[node.start : node.end]
        if word[0] in "\"'":
            return _unquoted(word)
        try:
            return json.loads(word)
        except ValueError:
            return word  # a number in a form of JSON5's own; nobody compares these

    # Changing

    def _splice(self, start: int, end: int, text: str) -> None:
        self._text = self._text[:start] + text + self._text[end:]
        self._root = _Scanner(self._text).whole()

    def _insert(self, node: _Node, step: str | Item, value: Any) -> None:
        closing = node.end - 1
        several_lines = "\n" in self._text[node.start : node.end] or not node.entries
        indent = self._indent(node.start) + self._unit()
        shown = "" if isinstance(step, Item) else f"{json.dumps(step, ensure_ascii=False)}: "
        shown += self._rendered(value, indent if several_lines else self._indent(node.start))
        inside = len(self._text[:closing].rstrip(_BLANK))
        last = node.entries[-1] if node.entries else None
        if last is None:
            behind = "" if self._text[inside:closing].count("\n") else self._newline + self._indent(node.start)
            self._splice(inside, inside, self._newline + indent + shown + behind)
            return
        before = self._newline + indent if several_lines or self._ends_in_comment(last, inside) else " "
        if last.comma is not None:
            self._splice(inside, inside, f"{before}{shown},")
            return
        end = last.value.end
        self._text = self._text[:inside] + before + shown + self._text[inside:]
        self._splice(end, end, ",")

    def _ends_in_comment(self, last: _Entry, inside: int) -> bool:
        return "//" in self._text[last.value.end : inside]

    def _rendered(self, value: Any, indent: str) -> str:
        lines = json.dumps(value, ensure_ascii=False, indent=self._unit()).split("\n")
        return (self._newline + indent).join(lines)

    def _unit(self) -> str:
        found = re.search(r"^([ \t]+)\S", self._text, re.MULTILINE)
        return found[1] if found and len(found[1]) <= 8 else "  "

    def _indent(self, position: int) -> str:
        line = self._text[self._text.rfind("\n", 0, position) + 1 : position]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def _back_over_blanks(self, position: int) -> int:
        return len(self._text[:position].rstrip(_BLANK))


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> _Node:
        self._skip()
        node = self._node(0)
        self._skip()
        if self._at < len(self._text):
            raise self._error("something follows the end")
        return node

    def _node(self, depth: int) -> _Node:
        if depth > _DEEPEST:
            raise self._error("it is nested too deeply")
        start, opening = self._at, self._text[self._at : self._at + 1]
        if opening not in ("{", "["):
            self._token()
            return _Node("scalar", start, self._at)
        node = _Node("object" if opening == "{" else "array", start)
        closing = "}" if opening == "{" else "]"
        self._at += 1
        self._skip()
        while not self._text.startswith(closing, self._at):
            node.entries.append(self._entry(node, depth))
            if not self._text.startswith(closing, self._at) and node.entries[-1].comma is None:
                raise self._error(f"a comma or {closing} is missing")
        self._at += 1
        node.end = self._at
        return node

    def _entry(self, node: _Node, depth: int) -> _Entry:
        start, key = self._at, None
        if node.kind == "object":
            word = self._token()
            key = _unquoted(word) if word[0] in "\"'" else word
            self._skip()
            if not self._text.startswith(":", self._at):
                raise self._error("a colon is missing")
            self._at += 1
            self._skip()
        entry = _Entry(start, key, self._node(depth + 1))
        self._skip()
        if self._text.startswith(",", self._at):
            entry.comma = self._at
            self._at += 1
            self._skip()
        return entry

    def _token(self) -> str:
        found = _STRING.match(self._text, self._at) or _WORD.match(self._text, self._at)
        if found is None:
            raise self._error("a value is missing")
        self._at = found.end()
        return found[0]

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        assert found is not None
        self._at = found.end()

    def _error(self, what: str) -> SettingsFormatError:
        return SettingsFormatError(f"line {self._text.count(chr(10), 0, self._at) + 1}: {what}")


def _unquoted(word: str) -> str:
    def escaped(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        if code:
            return chr(int(code, 16))
        return "" if found[3] in ("\n", "\r\n", "\r") else _ESCAPED.get(found[3], found[3])

    text = _ESCAPE.sub(escaped, word[1:-1])
    # Two halves of a character beyond the first plane, each escaped on its own.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _surrogates(text) else text


def _surrogates(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)
