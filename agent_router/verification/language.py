"""Whether an answer is in a language that was to be expected, and is language at all."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer

_READ = 2000  # characters
_LEAST = 12  # letters of a script that was not to be expected
_MOJIBAKE = ("Ã©", "Ã¨", "Ã¼", "Ã¶", "Ã¤", "Ã±", "â€™", "â€œ", "â€“", "ï»¿")


def is_garbled(answer: Answer, request: CompletionRequest) -> bool:
    """Whether characters stand in it that come of broken encodings, which the prompt did not have."""
    text = answer.text[:_READ]
    if text.count("\N{REPLACEMENT CHARACTER}") > 1 + len(text) // 200:
        return not any("\N{REPLACEMENT CHARACTER}" in message.text for message in request.messages)
    found = [mark for mark in _MOJIBAKE if mark in text]
    if found:
        return not any(mark in message.text for mark in found for message in request.messages)
    return any(unicodedata.category(c) == "Cc" and c not in "\n\r\t\x0c\x1b" for c in text)


def is_foreign(answer: Answer, request: CompletionRequest) -> bool:
    """Whether most of it is in a script that stands nowhere in the prompt."""
    said = _scripts(answer.text[:_READ])
    letters = sum(said.values())
    if letters < _LEAST:
        return False
    script, count = said.most_common(1)[0]
    if count < 0.5 * letters or script == "LATIN":
        # Latin letters are everywhere: code, names, labels that were demanded.
        return False
    asked: Counter[str] = Counter()
    for message in request.messages[-6:]:
        asked += _scripts(message.text[:_READ]) + _scripts(message.text[-_READ:])
    if asked[script] > 1:
        return False
    prompt = " ".join(message.text[-_READ:] for message in request.messages[-6:]).lower()
    return not any(word in prompt for word in _ANNOUNCED)


# Words by which an answer in another script is asked for, in the languages most written in Latin letters.
_ANNOUNCED = (
    *("translat", "übersetz", "traduc", "traduz", "traduire", "language", "chinese", "japanese", "korean", "arabic"),
    *("hindi", "russian", "greek", "hebrew", "thai", "ukrainian", "persian", "farsi", "urdu", "bengali", "tamil"),
    *("mandarin", "cantonese", "kanji", "hiragana", "cyrillic", "devanagari", "marathi", "telugu", "bulgarian"),
    *("chinesisch", "japanisch", "russisch", "arabisch", "griechisch", "chino", "japonés", "ruso", "árabe", "chinois"),
    *("japonais", "russe", "arabe", "chinês", "russo", "locale", "lang=", "i18n", "unicode", "alphabet", "script"),
)


def _scripts(text: str) -> Counter[str]:
    """Letters by script."""
    found: Counter[str] = Counter()
    for character in text:
        if character.isascii():
            if character.isalpha():
                found["LATIN"] += 1
        elif character.isalpha():
            found[_script(character)] += 1
    return found


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    """The first word of a letter's Unicode name: LATIN, CJK, ARABIC … Japanese and Chinese are taken as one."""
    name = unicodedata.name(letter, "UNKNOWN").partition(" ")[0]
    return "CJK" if name in ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "FULLWIDTH", "HALFWIDTH") else name
