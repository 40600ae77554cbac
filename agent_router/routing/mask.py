"""A text without what differs from one time to the next: numbers, dates, ids, paths, quotations, code."""

from __future__ import annotations

import re

MASK = "_"
_READ = 768  # characters, and
_WORDS = 96  # words, of which the first tokens are made

# Every alternative is bounded or anchored, so that no input makes them slow.
_QUOTED = re.compile(
    r"\"[^\"\n]{0,400}\"|“[^”\n]{0,400}”|«[^»\n]{0,400}»|`[^`\n]{1,400}`|(?<!\w)'[^'\n]{1,400}'(?!\w)",
)
_QUOTES = frozenset("\"'`“«")
_WITH_DIGIT = re.compile(r"(?<![a-z0-9_.,:%#$€£-])[a-z_.,:%#$€£-]*\d[a-z0-9_.,:%-]*")
_DIGIT = re.compile(r"\d")
_TOKEN = re.compile(r"\w+")
_DAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
# Only beside a number, because some are words of their own.
_DATE_WORDS = frozenset(
    {
        *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
        *("november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
        *("mon", "tue", "wed", "thu", "fri", "sat", "sun", "st", "nd", "rd", "th", "am", "pm", "utc", "gmt"),
    }
)


def mask(text: str, tokens: int) -> str:
    """The first `tokens` words of a text, lower case, each run of what is masked as one `_`; no punctuation."""
    read = f" {MASK} ".join(text.split("```")[::2]) if "```" in text else text
    read = _QUOTED.sub(f" {MASK} ", read[:_READ].lower())
    found: list[str] = []
    lasting = 0  # words that no mask takes away
    for word in read.split(None, _WORDS)[:_WORDS]:
        if lasting > tokens:
            break  # what follows cannot change the first tokens any more
        if word.isalpha() and word not in _DAYS:
            found.append(word)  # most words
            lasting += word not in _DATE_WORDS
        elif _is_place(word) or word in _DAYS:
            found.append(MASK)
        else:
            if _DIGIT.search(word):
                word = _WITH_DIGIT.sub(f" {MASK} ", word)
            found += _TOKEN.findall(word)
    masked = " ".join(_dates_masked(found)[:tokens])
    return masked or text.strip()[:64]


def _is_place(word: str) -> bool:
    """Whether a word is a path or an address."""
    if "@" in word or "\\" in word or "://" in word:
        return True
    slashes = word.count("/")
    return slashes > 1 or (slashes == 1 and ("." in word.rstrip(".,;:!?)") or word.lstrip("(\"'")[:1] in "/~"))


def _dates_masked(words: list[str]) -> list[str]:
    """Runs of masks as one, with the words of a date or a time that stand in or beside them."""
    made: list[str] = []
    for i, word in enumerate(words):
        follows = i + 1 < len(words) and words[i + 1] == MASK
        after = bool(made) and made[-1] == MASK
        if word == MASK or word in _DAYS or (word in _DATE_WORDS and (follows or after)):
            if not after:
                made.append(MASK)
        else:
            made.append(word)
    return made
