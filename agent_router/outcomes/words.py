"""A text as words that can be compared: letters in one case, numbers, dates and times by their value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

Word = frozenset[str]
"""What a word may mean: itself, or the values that a number or a date may have (01/02/2026 is two days)."""

_MONTHS = (
    *("jan|enero?|janvier|janeiro|januar", "feb|febrero|février|fevereiro|februar", "mar|marzo|mars|março|märz"),
    *("apr|abril|avril", "may|mayo|mai|maio", "jun|junio|juin|junho|juni", "jul|julio|juillet|julho|juli"),
    *("aug|agosto|août", "sept?|septiembre|septembre|setembro", "oct|octubre|octobre|outubro|oktober|okt"),
    *("nov|noviembre|novembre|novembro", "dec|diciembre|décembre|dezembro|dezember|dez"),
)
_LONG = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = {
    name.replace("?", ""): number
    for number, names in enumerate(_MONTHS, 1)
    for name in (*names.split("|"), _LONG[number - 1])
} | {"sep": 9, "ene": 1, "enero": 1}
_NAME = "|".join(sorted(map(re.escape, _MONTH), key=len, reverse=True))
# Dates, times, numbers; every repetition is bounded.
_VALUE = re.compile(
    rf"""(?<![a-z0-9_.])(?:
    (?P<ymd>(\d{{4}})[-/.年]\s?(\d{{1,2}})[-/.月]\s?(\d{{1,2}})日?)(?![\d])
    |(?P<dmy>(\d{{1,2}})[./-](\d{{1,2}})[./-](\d{{4}}))(?!\d)
    |(?P<named>(\d{{1,2}})(?:st|nd|rd|th|\.|º)?\s(?:(?:of|de)\s)?({_NAME})\.?,?\s(?:de\s)?(\d{{4}}))(?!\d)
    |(?P<us>({_NAME})\.?\s(\d{{1,2}})(?:st|nd|rd|th)?,?\s(\d{{4}}))(?!\d)
    |(?P<time>(\d{{1,2}}):(\d\d)(?::(\d\d))?(?:\s?([ap])\.?m\b\.?)?)(?!\d)
    |(?P<hour>(\d{{1,2}})\s?([ap])\.?m\b\.?)
    |(?P<number>[-−+]?(?:\d{{1,3}}(?:[ \u2009'’]\d{{3}}){{1,5}}(?:[.,]\d{{1,12}})?|\d[\d.,]{{0,30}}\d|\d))(?![a-z0-9_])
    )""",
    re.VERBOSE,
)
_NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORDS = {word: str(number) for number, word in enumerate(_NUMERALS)}
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""A letter of a script that writes no blanks between words."""
_MOST = 128  # numbers, dates and times that are read
_KEPT = frozenset("+#<>=%$€£¥₹")
_UNITS = frozenset("%$€£¥₹")


class _Table(dict[int, str]):
    """What each character becomes: letters, digits and their marks stay, all else is a blank."""

    def __missing__(self, key: int) -> str:
        c = chr(key)
        category = unicodedata.category(c)
        if category == "Nd":
            made = str(unicodedata.decimal(c))
        elif (category[0] in "LMN" and c not in "\ufe0f\ufe0e\u0640\u20e3") or c in _KEPT:
            made = f" {c} " if c in _UNITS else c
        else:
            made = "" if category == "Cf" or c in "'’\ufe0f\ufe0e\u0640\u20e3" else " "
        if len(self) < 8192:
            self[key] = made
        return made


_PLAIN = _Table()
_DIGITS = re.compile(r"[^\x00-\x7f]")


def folded(text: str) -> str:
    """A text in one case, compatible characters as one, every script's digits as 0 to 9."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if not text.isascii():
        text = _DIGITS.sub(lambda c: str(unicodedata.decimal(c.group())) if c.group().isdecimal() else c.group(), text)
    return text


def words(text: str) -> list[Word]:
    """The words of a folded text."""
    made: list[Word] = []
    at = 0
    for found in islice(_VALUE.finditer(text), _MOST):
        values = _values(found)
        if values:
            made += _plain(text[at : found.start()])
            made.append(values)
            at = found.end()
    made += _plain(text[at:])
    return made


def _plain(text: str) -> Iterator[Word]:
    for word in text.translate(_PLAIN).split():
        yield frozenset((_WORDS.get(word, word),))


def count(found: list[Word]) -> int:
    """How many words; of scripts without blanks, two letters count as one."""
    return sum(1 if word.isascii() else max((len(UNSPACED.findall(word)) + 1) // 2, 1) for word in map(min, found))


def listed(text: str) -> frozenset[str]:
    """The set of the words in a line."""
    return frozenset(text.split())


def is_unit(word: Word) -> bool:
    """Whether a word is a sign of money or per cent."""
    return word <= _UNITS


def _values(found: re.Match[str]) -> Word:
    kind = found.lastgroup or ""
    parts = [part for part in found.groups() if part is not None][1:]
    match kind:
        case "ymd":
            return _dates((parts[0], parts[1], parts[2]))
        case "dmy":
            return _dates((parts[2], parts[1], parts[0]), (parts[2], parts[0], parts[1]))
        case "named":
            return _dates((parts[2], str(_MONTH[parts[1]]), parts[0]))
        case "us":
            return _dates((parts[2], str(_MONTH[parts[0]]), parts[1]))
        case "time" | "hour":
            return _time(found.group(), parts)
    return numbers(found.group())


def _dates(*readings: tuple[str, str, str]) -> Word:
    return frozenset(
        f"{int(y):04}-{int(m):02}-{int(d):02}" for y, m, d in readings if 1 <= int(m) <= 12 and 1 <= int(d) <= 31
    )


def _time(text: str, parts: list[str]) -> Word:
    half = parts[-1] if parts[-1] in ("a", "p") else ""
    hour, *rest = [int(part) for part in parts if part.isdigit()]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    minute, second = [*rest, 0, 0][:2]
    return frozenset((f"{hour:02}:{minute:02}:{second:02}",))


def numbers(text: str) -> Word:
    """The values that a written number may have: 1,234.5 and 1.234,5 are the same; 1,234 may be either."""
    sign = "-" if text[:1] in "-−" else ""
    text = text.lstrip("-−+")
    for blank in " \u2009'’":
        text = text.replace(blank, "")
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return frozenset((sign + _number(text, ""),))
    mark = text[last]
    other = "," if mark == "." else "."
    whole, part = text[:last].replace(other, ""), text[last + 1 :]
    groups = re.split("[.,]", text)
    if any(len(group) != 3 for group in groups[1:-1]) or (mark in text[:last] and (len(part) != 3 or other in text)):
        return frozenset((sign + text,))  # a list, a version, an address
    if mark in text[:last]:  # several thousands
        return frozenset((sign + _number("".join(groups), ""),))
    made = {sign + _number(whole, part)}
    if mark == "," and len(part) == 3 and other not in text:
        made.add(sign + _number(whole + part, ""))
    return frozenset(made)


def _number(whole: str, part: str) -> str:
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    return f"{whole}.{part}" if part else whole
