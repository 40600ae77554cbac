"""Path patterns of `[routing] local_only`, and the text that they are looked for in.

Both are brought into one form first, so that one path is one string however it is spelt: lower case, every run of
slashes and backslashes one slash, JSON's escapes undone. A search takes time linear in the text. Where exactness
would cost more than that, a pattern matches too much rather than too little, because it guards privacy.
"""

from __future__ import annotations

import os
import re
import unicodedata
from urllib.parse import quote

_ATTEMPTS = 100_000  # lines in which the beginning of one pattern is found, about 0.2 s; beyond, it counts as matching
_ENDS = re.compile(r'["\n]')  # no path goes on after these
_WITHIN = r'[^/"\n]'  # what `?` may stand for


def readable(raw: bytes) -> str:
    """A JSON body as one text in the form in which patterns are looked for."""
    if b"\\" in raw:
        # Escaped backslashes first: what follows one is no escape, as in "C:\\users".
        raw = raw.replace(b"\\\\", b"\\x5c").replace(b"\\/", b"/")
        if not raw.isascii():
            raw = raw.decode("utf-8", "replace").encode("raw_unicode_escape")
        return _one_form(raw.decode("unicode_escape", "replace"))
    return _one_form(raw.decode("utf-8", "replace"))


def spellings(entry: str) -> set[str]:
    """A pattern in the forms in which the same path may stand in a text: with the home folder or `~` for it,
    composed or decomposed letters, percent-encoded, escaped for a shell, or as JSON within JSON."""
    entry = entry.strip()
    expanded = os.path.expanduser(entry)
    whole, home = _one_form(expanded), _one_form(os.path.expanduser("~")).rstrip("/")
    forms = {entry, expanded}
    if home and f"{whole}/".startswith(f"{home}/"):
        forms |= {name + whole[len(home) :] for name in ("~", "$HOME", "${HOME}", "%USERPROFILE%")}
    forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD") for text in forms}
    forms |= {_one_form(text).replace(" ", "/ ") for text in forms}
    forms |= {quote(_one_form(text), safe="/*?:~$%{}") for text in forms}
    # Lower case comes too late for what is escaped.
    forms |= {_escaped(form) for text in forms for form in (text, text.lower(), text.upper()) if not text.isascii()}
    return {_one_form(text) for text in forms | {_in_surrogates(text) for text in forms}}


class PathPattern:
    """`*` and `?` stay within a folder, `**` goes on to the end of the line; what lies below a match matches too."""

    def __init__(self, pattern: str) -> None:
        core = (pattern.rstrip("/") or pattern).strip("*?")
        if pattern.startswith("**/"):
            core = core.removeprefix("/")
        pieces = [piece for part in re.split(r"\*{2,}", core) for piece in _linear(part) if piece]
        closed = pattern.rstrip("/")[-1:] not in ("*", "?")
        self._parts = [_expression(piece, ends=closed and piece is pieces[-1]) for piece in pieces]
        self._heads = [re.split(r"[*?]", piece)[0] for piece in pieces]

    def matches(self, text: str) -> bool:
        """Whether a path in the text, which is in the form of `readable`, matches."""
        if any(head not in text for head in self._heads):
            return False
        if not self._parts:
            return True
        first, *rest = self._parts
        start = 0
        for _ in range(_ATTEMPTS):
            found = first.search(text, start)
            if found is None:
                return False
            if not rest:
                return True
            stop = _ENDS.search(text, found.end())
            end = stop.start() if stop else len(text)
            if _follow(rest, text, found, end):
                return True
            start = end  # what begins later in this line has even less of it left
        return True


def _follow(parts: list[re.Pattern[str]], text: str, after: re.Match[str], end: int) -> bool:
    for part in parts:
        # The slash before `**` may be the one after it: /a/**/b is also /a/b.
        found = part.search(text, after.end() - after.group().endswith("/"), end)
        if found is None:
            return False
        after = found
    return True


def _linear(part: str) -> list[str]:
    """The pieces between which anything may stand. A `*` after a beginning without a slash would have to be tried
    from every such beginning within a folder's name; it goes on like `**` instead."""
    head = re.split(r"[*?]", part)[0]
    return [part] if "/" in head else part.split("*")


def _expression(piece: str, *, ends: bool) -> re.Pattern[str]:
    made, gap = "", ""
    pieces = [text for text in re.split(r"([*?])", piece) if text]
    for i, text in enumerate(pieces):
        if text == "*":
            gap += _WITHIN + "{0,255}?"
        elif text == "?":
            gap += _WITHIN
        else:
            literal = re.escape(text)
            if ends and i == len(pieces) - 1 and re.search(r"[\w-]$", text):
                literal += r"(?![\w-])"
            # Atomic: the first place where the literal fits is as good as any later one.
            made += f"(?>{gap}{literal})" if gap else literal
            gap = ""
    return re.compile(made + gap)


def _one_form(text: str) -> str:
    text = text.lower().replace("\\", "/")
    if "/u00" in text:  # separators that are escaped twice
        text = text.replace("/u002f", "/").replace("/u005c", "/")
    while "//" in text:
        text = text.replace("//", "/")
    return text


def _in_surrogates(text: str) -> str:
    """As Python reads escaped surrogate pairs: as two characters."""
    return "".join(c if ord(c) < 0x10000 else "".join(map(chr, _halves(c))) for c in text)


def _escaped(text: str) -> str:
    """As JSON escapes it that stands in a string of JSON."""
    return "".join(c if c.isascii() else "".join(f"\\u{half:04x}" for half in _halves(c)) for c in text)


def _halves(c: str) -> list[int]:
    """A character's one or two code units of UTF-16."""
    encoded = c.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(encoded[i : i + 2], "big") for i in range(0, len(encoded), 2)]
