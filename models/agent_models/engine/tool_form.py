"""A form in which models write tool calls: what opens a call, its grammar, and how it is read back.

A pattern is the text of a call with `%name` and `%args` where these stand; `%quoted` is the name as a JSON string,
`%id` nine letters or digits, `%number` up to three digits, `(...)?` a part that may be missing. Whitespace in a pattern
is what the model usually writes and may leave out; `~` is where it may write some.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from agent_models.engine.arguments import JSON, Notation, Read
from agent_models.engine.gbnf import literal

_PARTS = re.compile(r"(%name|%quoted|%args|%id|%number|\(|\)\?|\s|~)")
_GBNF = {
    "(": "(",
    ")?": ")?",
    " ": '" "?',
    "\n": '"\\n"?',
    "~": '" "? "\\n"?',
    "%id": "[a-zA-Z0-9]{9}",
    "%number": "[0-9]{1,3}",
}
_REGEX = {"(": "(?:", ")?": ")?", " ": r"\s*", "\n": r"\s*", "~": r"\s*", "%id": "[a-zA-Z0-9]{9}", "%number": "[0-9]+"}


@dataclass(frozen=True)
class ToolForm:
    """`starts`: what in an answer begins calls (the first of them is written where a call is demanded), and the pattern
    of the first call behind it. `again`: the pattern of each further call, None where there is one only. `end` may
    follow the last. `early`: those starts that count only at the beginning of an answer.
    """

    starts: Mapping[str, str]
    again: str | None = None
    end: str = ""
    early: frozenset[str] = frozenset()
    notation: Notation = JSON

    @property
    def first(self) -> str:
        """What is written where a call is demanded."""
        return next(iter(self.starts))

    @property
    def text(self) -> str:
        """Everything that a call's marks may consist of."""
        parts = [*self.starts, *self.starts.values(), self.again or "", self.end]
        return "\n".join([*parts, self.notation.write({"a": "b"})])

    def write(self, calls: Iterable[tuple[str, Any]]) -> str:
        """Calls as the model would write them."""
        pattern, text = self.starts[self.first], self.first
        for name, arguments in calls:
            spelt = self.notation.write(arguments) if isinstance(arguments, Mapping) else str(arguments)
            text += _fill(pattern, name, spelt)
            # Where a form has room for one call only, further ones begin as the first did.
            pattern = self.again if self.again is not None else self.first + self.starts[self.first]
        return text + _fill(self.end, "", "")


class Call(NamedTuple):
    """A call that was read: its name, its arguments as JSON text, and where it ends."""

    name: str
    arguments: str
    end: int


class CallReader:
    """Reads what was written in a form. `arguments`: how each tool's are read."""

    def __init__(self, form: ToolForm, arguments: Mapping[str, Read]) -> None:
        self._form, self._arguments = form, arguments
        self._names = sorted(arguments, key=len, reverse=True)
        self._ends = {_end(pattern).encode() for pattern in [*form.starts.values(), form.again or "%args"]}
        self._compiled: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {}

    def may_end(self, raw: bytearray, added: int) -> bool:
        """Whether a call may end within the last `added` bytes: looking is dear in long arguments."""
        return any(raw.find(mark, max(0, len(raw) - added - len(mark) + 1)) >= 0 for mark in self._ends)

    def read(self, text: str, at: int, start: str | None) -> Call | None:
        """The call that begins here, if it is there to its end. `start`: what opened it, None for a further one."""
        pattern = self._form.starts[start] if start is not None else self._form.again
        if pattern is None:
            return None
        head, tail = self._compiled.get(pattern) or self._compile(pattern)
        found = head.match(text, at)
        if found is None:
            return None
        name = json.loads(found["quoted"]) if found.groupdict().get("quoted") else found["name"]
        read = self._arguments[name](text, found.end())
        if read is None:
            return None
        arguments, end = read
        closed = tail.match(text, end)
        return Call(name, arguments, closed.end()) if closed else None

    def _compile(self, pattern: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
        head, _, tail = pattern.partition("%args")
        self._compiled[pattern] = compiled = (re.compile(self._regex(head)), re.compile(self._regex(tail)))
        return compiled

    def _regex(self, pattern: str) -> str:
        names = {
            "%name": f"(?P<name>{'|'.join(map(re.escape, self._names))})",
            "%quoted": f"(?P<quoted>{'|'.join(re.escape(json.dumps(n, ensure_ascii=False)) for n in self._names)})",
        }
        known = {**_REGEX, **names}
        return "".join(known.get(part) or re.escape(part) for part in _PARTS.split(pattern))


def _end(pattern: str) -> str:
    """The last that is always there in a pattern; arguments end in a bracket."""
    tail = re.sub(r"\([^()]*\)\?", "", pattern.partition("%args")[2]).split()
    return tail[-1].strip("~") if tail else "}"


def rule(pattern: str, name: str = "", arguments: str = "") -> str:
    """The pattern as GBNF, for one tool whose arguments follow the rule `arguments`."""
    known = {
        **_GBNF,
        "%name": literal(name),
        "%quoted": literal(json.dumps(name, ensure_ascii=False)),
        "%args": arguments,
    }
    return " ".join(known.get(part) or literal(part) for part in _PARTS.split(pattern) if part) or '""'


def _fill(pattern: str, name: str, arguments: str) -> str:
    pattern = re.sub(r"\([^()]*\)\?", "", pattern)
    known = {
        "%name": name,
        "%quoted": json.dumps(name, ensure_ascii=False),
        "%args": arguments,
        "~": "",
        "%id": "0" * 9,
        "%number": "0",
    }
    return "".join(known.get(part, part) for part in _PARTS.split(pattern))
