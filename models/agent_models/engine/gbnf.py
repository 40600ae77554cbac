"""Pieces of GBNF, llama.cpp's grammar notation, and the JSON rules that every grammar here shares."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

_JSON = {
    # At most one space where JSON allows any number: a small model otherwise writes blanks without end.
    "ws": '" "?',
    "value": 'object | array | string | number | "true" | "false" | "null"',
    "object": '"{" ws "}" | "{" ws member ("," ws member)* ws "}"',
    "member": 'string ":" ws value',
    "array": '"[" ws "]" | "[" ws value ("," ws value)* ws "]"',
    "string": r'"\"" char* "\""',
    # No control characters, and no surrogates, neither raw nor escaped: they are not characters.
    "char": r'plain | "\\" (["\\/bfnrt] | "u" ([0-9a-cefA-CEF] hex{3} | [dD] [0-7] hex{2}))',
    "plain": r"[ !#-\[\]-~\u0080-\uD7FF\uE000-\U0010FFFF]",
    "hex": "[0-9a-fA-F]",
    "integer": '"-"? ("0" | [1-9] [0-9]{0,14})',
    "number": 'integer ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?',
}
_LONGEST_REPEAT = 500
TOP = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)
UNPRINTED = ((0, 31), (127, 127))
_COMMA = ' "," ws '
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Rules:
    """The named rules of one grammar."""

    def __init__(self) -> None:
        self._bodies: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def add(self, body: str) -> str:
        """A rule's name for this body; the same body has one name."""
        name = self._names.get(body)
        if name is None:
            name = self._names[body] = self.reserve()
            self._bodies[name] = body
        return name

    def once(self, key: str, make: Callable[[], str]) -> str:
        """The rule that `make` named when it was first asked for by this key, which is no rule's body."""
        if key not in self._names:
            self._names[key] = make()
        return self._names[key]

    def reserve(self) -> str:
        """A name whose body is to be `define`d later, for rules that contain themselves."""
        name = f"r{len(self._bodies)}"
        self._bodies[name] = ""
        return name

    def define(self, name: str, body: str) -> None:
        """Gives a reserved name its body."""
        self._bodies[name] = body

    def without(self, word: str) -> str:
        """A rule for any text in which the word does not occur."""
        return self.once(f"without {word}", lambda: self._without(word))

    def _without(self, word: str) -> str:
        states = [self.reserve() for _ in word]
        letters = sorted(set(word))
        others = any_but(letters)
        for state, name in enumerate(states):
            ways = ['""', f"{others} {states[0]}"]
            for letter in letters:
                seen = word[:state] + letter
                after = next(size for size in range(len(seen), -1, -1) if seen.endswith(word[:size]))
                if after < len(word):
                    ways.append(f"{literal(letter)} {states[after]}")
            self.define(name, " | ".join(ways))
        return states[0]

    def text(self, root: str) -> str:
        """The whole grammar."""
        bodies = {"root": root, **self._bodies, **_JSON}
        return "\n".join(f"{name} ::= {body}" for name, body in bodies.items())


def literal(text: str) -> str:
    """Exactly this text."""
    spelt = (_ESCAPES.get(c) or (f"\\x{ord(c):02X}" if c < " " else c) for c in text)
    return f'"{"".join(spelt)}"'


def constant(value: Any) -> str:
    """Exactly this JSON value, however it is spaced."""
    if isinstance(value, dict) and value:
        members = (f'{constant(name)} ":" ws {constant(entry)}' for name, entry in value.items())
        return f'"{{" ws {_COMMA.join(members)} ws "}}"'
    if isinstance(value, list) and value:
        return f'"[" ws {_COMMA.join(map(constant, value))} ws "]"'
    return literal(json.dumps(value, ensure_ascii=False))


def either(alternatives: Iterable[str]) -> str:
    """One of the alternatives, in brackets."""
    return f"({' | '.join(alternatives)})"


def character_class(ranges: Iterable[tuple[int, int]]) -> str:
    """One character of these inclusive ranges of code points."""
    spelt = [_code(low) if low == high else f"{_code(low)}-{_code(high)}" for low, high in ranges]
    return f"[{''.join(spelt)}]"


def any_but(letters: Iterable[str], *ranges: tuple[int, int]) -> str:
    """Any character but these letters, those in the ranges, and NUL.

    As what it may be, never as `[^...]`: while only a part of a character's bytes is there, llama.cpp refuses in such a
    class whatever shares its first byte with an excluded one, half of the Korean ones with the surrogates.
    """
    excluded = [(0, 0), _SURROGATES, *((ord(letter), ord(letter)) for letter in letters), *ranges]
    return character_class(complement(excluded))


def complement(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The inclusive ranges of code points that are in none of these."""
    rest: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            rest.append((start, low - 1))
        start = max(start, high + 1)
    if start <= TOP:
        rest.append((start, TOP))
    return rest


def _code(code: int) -> str:
    if chr(code).isascii() and chr(code).isalnum():
        return chr(code)
    return f"\\U{code:08X}" if code > 0xFFFF else f"\\u{code:04X}"


def repeat(item: str, least: int, most: int | None) -> str:
    """The item `least` to `most` times. llama.cpp refuses long repetitions, so they are made of shorter ones."""
    if most is None:
        return f"{_exactly(item, least)} {item}*" if least else f"{item}*"
    if most <= _LONGEST_REPEAT:
        return f"{item}{{{least},{most}}}" if most else '""'
    blocks = (most - least - (_LONGEST_REPEAT - 1)) // _LONGEST_REPEAT
    tail = f"{item}{{0,{min(_LONGEST_REPEAT - 1, most - least)}}}"
    many = f"({item}{{{_LONGEST_REPEAT}}}){{0,{min(blocks, _LONGEST_REPEAT)}}} {tail}" if blocks > 0 else tail
    return f"{_exactly(item, least)} {many}" if least else many


def _exactly(item: str, count: int) -> str:
    blocks, rest = divmod(count, _LONGEST_REPEAT)
    parts = [f"({item}{{{_LONGEST_REPEAT}}}){{{blocks}}}"] if blocks else []
    if rest:
        parts.append(f"{item}{{{rest}}}")
    return " ".join(parts)
