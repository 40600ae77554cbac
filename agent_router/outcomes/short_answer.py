"""Whether two short answers, such as a label, a number or a name, are the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent_router.outcomes.words import Word, folded, is_unit, listed, words

_MOST = 400  # characters that are read of an answer that is to be short
_FENCE = re.compile(r"\A\s*```[^\n`]{0,20}\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_BOXED = re.compile(r"\\boxed\{([^{}]{1,100})\}")
_COURTESY = re.compile(r"\A\W*(?:sure|certainly|of course|okay|claro|natürlich|bien sûr|当然|好的)[,.!:，。！]+\s*")
# What announces an answer; and what a sentence says before it.
_ANNOUNCED = re.compile(
    r"\A\W*(?:(?:my |the |your |la |die |a |le )?(?:final |correct |best |short |richtige |finale )?"
    r"(?:answer|label|category|class|classification|result|output|intent|sentiment|title|response|respuesta|antwort|"
    r"réponse|resposta|ergebnis|resultado|résultat|categoría|kategorie|catégorie|categoria)"
    r"(?:\W{0,4}[:=]|\s(?:is|es|ist|est|é)\b:?)|(?:最终)?(?:答案|结果|类别|分类)(?:是|为)?[:：]?|उत्तर(?:\sहै)?\s?:|"
    r"الجواب(?:\sهو)?\s?:?|الإجابة(?:\sهي)?\s?:?)\W*?(?=[\w\-+$€£(\"'])"
)
_BEFORE = re.compile(r".{0,120}?(?::|\b(?:is|are|was|es|son|ist|sind|est|sont|é|são|है)\b|=|是)\s*", re.DOTALL)
_LETTER = re.compile(
    r"\A\W{0,4}(?:(?:option|choice|opción|opção|选项)\s*)?\(?([a-j])(?:\)|\]|[.:](?=\s|\Z)|[^\w+#]{0,3}\Z|\s?[-–—]\s)"
)
_ARTICLES = listed("the a an el la los las un una der die das ein eine le les une l o um uma")
_YES = {"true": "yes", "false": "no"}


def short(text: str) -> list[Word]:
    """The words of an answer that is to be short, without what some models put around it."""
    text = _bare(text)
    return _essential(words(text))


def same(one: str, other: str) -> bool:
    """Whether two short answers are the same but for how they are written."""
    a, b = _bare(one), _bare(other)
    if a == b:
        return True
    first, second = _LETTER.match(a), _LETTER.match(b)
    if first and second:
        if first.group(1) != second.group(1):
            return False
        rests = _essential(words(a[first.end() :])), _essential(words(b[second.end() :]))
        return not (rests[0] and rests[1]) or _equal(*rests)
    forms = [_essential(words(text)) for text in (a, b)]
    if _equal(forms[0], forms[1]):
        return True
    # A letter before it, or a sentence around it, on one side only.
    for (text, letter), plain in zip(((a, first), (b, second)), reversed(forms), strict=True):
        if not plain:
            continue
        if letter and _equal(_essential(words(text[letter.end() :])), plain):
            return True
        led = _BEFORE.match(text)
        if led and len(plain) <= 6 and _equal(_essential(words(text[led.end() :])), plain):
            return True
    return False


def _bare(text: str) -> str:
    text = text[:_MOST].strip()
    fenced = _FENCE.match(text)
    text = fenced.group(1) if fenced else text
    boxed = _BOXED.search(text)
    text = folded(boxed.group(1) if boxed else text).replace("**", "").replace("`", "")
    text = _COURTESY.sub("", text)
    announced = _ANNOUNCED.match(text)
    if announced and announced.end() < len(text):
        text = text[announced.end() :]
    return text.strip(" \n\t\"'“”‘’«»「」*_.。!")


def _essential(found: list[Word]) -> list[Word]:
    kept = [word for word in found if not word <= _ARTICLES] if len(found) > 1 else found
    return [frozenset(_YES.get(value, value) for value in word) for word in kept or found]


def _equal(one: Sequence[Word], other: Sequence[Word]) -> bool:
    if not one or not other:
        return False
    units = [{value for word in side if is_unit(word) for value in word} for side in (one, other)]
    if units[0] and units[1] and units[0] != units[1]:
        return False
    a, b = ([word for word in side if not is_unit(word)] for side in (one, other))
    if len(a) == len(b) and all(x & y for x, y in zip(a, b, strict=True)):
        return True
    # One word or two: e-mail and email, BugReport and bug_report. Digits that are set apart are other numbers.
    joined = ["".join(min(word) for word in side) for side in (a, b)]
    return joined[0] == joined[1] and not any(c.isdecimal() for c in joined[0])
