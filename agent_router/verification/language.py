"""Whether an answer is in a language that was to be expected, and is language at all."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer

_READ = 2000  # characters
_LEAST = 12  # letters of a script that was not to be expected
_BYTES = re.compile(r"(?:[ÐÑ].){3}|(?:\w{0,20}Ġ\w{0,20}){3}|(?:▁\w{1,20}){3}")  # letters as bytes, words as tokens
_MOJIBAKE = ("Ã©", "Ã¨", "Ã¼", "Ã¶", "Ã¤", "Ã±", "â€™", "â€œ", "â€“", "ï»¿")


def is_garbled(answer: Answer, request: CompletionRequest) -> bool:
    """Whether characters stand in it that come of broken encodings, which the prompt did not have."""
    text = answer.text[:_READ]
    if text.count("\N{REPLACEMENT CHARACTER}") > 1 + len(text) // 200:
        return not any("\N{REPLACEMENT CHARACTER}" in message.text for message in request.messages)
    found = [mark for mark in _MOJIBAKE if mark in text]
    if (bytes_ := _BYTES.search(text)) is not None:
        found.append(bytes_.group())
    if found:
        return not any(mark in message.text for mark in found for message in request.messages)
    return any(unicodedata.category(c) == "Cc" and c not in "\n\r\t\x0c\x1b" for c in text)


def is_foreign(answer: Answer, request: CompletionRequest) -> bool:
    """Whether much of it is in scripts that stand nowhere in the prompt, or all of it in another language of Latin
    letters than any there."""
    text = _ASIDE.sub("", answer.text[:_READ])
    said = _scripts(text)
    letters = sum(said.values())
    if letters < _LEAST:
        return False
    parts = [part for message in request.messages[-6:] for part in {message.text[:_READ], message.text[-_READ:]}]
    # Latin letters are everywhere: code, names, labels that were demanded.
    strange = {script: count for script, count in said.items() if script != "LATIN"}
    if strange:
        asked = sum(map(_scripts, parts), Counter[str]())
        strange = {script: count for script, count in strange.items() if asked[script] <= 1}
    many = sum(strange.values())
    foreign = many >= _LEAST and (many >= _MUCH * letters or len(strange) >= _SOUP)
    other = None if foreign or answer.calls or request.output_format.kind != "text" else _another_language(text, parts)
    if not foreign and other is None:
        return False
    system = next((message.text for message in request.messages if message.role == "system"), "")
    prompt = " ".join([system[:_READ], *parts]).lower()
    return not any(word in prompt for word in (*_ANNOUNCED, *_NAMED.get(other or "", ())))


def _another_language(text: str, prompt: list[str]) -> str | None:
    """The language of a text in Latin letters, if that is plain and the prompt is as plainly in others."""
    words = _WORD.findall(text.lower())
    language, hits = _language(words)
    if hits < _TELLING or hits < _SHARE * len(words):
        return None
    asked = [word for part in prompt for word in _WORD.findall(part.lower())]
    if _language(asked)[1] < _TELLING - 1 or sum(_LITTLE.get(word) == language for word in asked) > 1:
        return None
    return language


def _language(words: list[str]) -> tuple[str, int]:
    """The language of most little words, and how many they are."""
    found = Counter(_LITTLE[word] for word in words if word in _LITTLE)
    return found.most_common(1)[0] if found else ("", 0)


_ASIDE = re.compile(r"\([^()\n]{1,80}\)")  # a name in its own letters
_WORD = re.compile(r"[^\W\d_]+")
_MUCH = 0.3
_SOUP = 3  # scripts
_TELLING = 4  # little words
_SHARE = 0.2
# Little words that only one of these languages has.
_LITTLE = {
    word: language
    for language, words in {
        "en": "the and of that with this which were are have has not from they been who you it for on by be",
        "de": "der und ist nicht ein eine mit auf für aber wir ich sie den dem zu auch sich von wird wurde haben das",
        "es": "el los las y pero muy sus nadie hay esta este porque cuando más también fue según desde hasta ha",
        "fr": "le les des est et une dans pas pour qui avec ce elle nous vous sont au aux mais cette été du",
        "pt": "os não uma com em um mas são foi pelo pela ao também muito isso você na das dos",
        "it": "il che non di è gli della sono nel questo anche ma più alla dei degli per ed",
        "nl": "het een van niet dat zijn voor maar ook aan wordt deze naar bij ik heeft werd te",
    }.items()
    for word in words.split()
}
_NAMED = {
    "en": (
        "english",
        "englisch",
        "inglés",
        "anglais",
        "inglês",
        "inglese",
        "engels",
        "commit",
        "docstring",
        "changelog",
        "pull request",
    ),
    "de": ("german", "deutsch", "alemán", "allemand", "alemão", "tedesco", "duits"),
    "es": ("spanish", "spanisch", "español", "espagnol", "espanhol", "spagnolo", "castellano", "spaans"),
    "fr": ("french", "französ", "francés", "français", "francês", "francese", "frans"),
    "pt": ("portug", "brazil", "brasil"),
    "it": ("italian", "italien"),
    "nl": ("dutch", "niederländ", "nederlands", "holand", "néerland"),
}
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
