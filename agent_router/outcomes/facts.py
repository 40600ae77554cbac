"""What a text states that another must not contradict: numbers, identifiers, paths, names, and a few opposites."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from agent_router.outcomes.words import Word, folded, listed, numbers

_MOST = 32  # numbers of each side
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])[-−]?\d[\d.,]{0,30}(?![A-Za-z0-9_])")
_TOKEN = re.compile(r"[\w./\\:@#-]{2,120}", re.ASCII)
_NAME = re.compile(r"(?<![.!?:\n] )(?<!\A)(?<=[\w,;] )[^\W\d_a-z]\w{2,40}")
_WORD = re.compile(r"\w+")
# One word for each way of an opposite; English, then words of other languages in which commits and titles are written.
_OPPOSITES = [
    (listed(one), listed(other))
    for one, other in (
        ("add adds added adding introduce create", "remove removes removed removing delete deletes deleted drop"),
        (
            "añadir añade agregar hinzufügen ajouter ajoute adicionar adiciona 添加 新增",
            "eliminar elimina quitar entfernen supprimer supprime remover remove 删除 移除",
        ),
        (
            "enable enables enabled allow activar aktivieren activer ativar 启用",
            "disable disables disabled forbid desactivar deaktivieren désactiver desativar 禁用",
        ),
        (
            "increase increases increased raise rose grew up aumentar",
            "decrease decreases decreased reduce lower fell down dropped reducir",
        ),
        ("pass passes passed passing succeeded success successfully green", "fail fails failed failing failure red"),
        ("upgrade upgrades", "downgrade downgrades revert"),
        ("accept accepted approve approved", "reject rejected decline declined refuse refused"),
        ("encrypt encode import", "decrypt decode export"),
        ("before earlier", "after later"),
        ("first", "last"),
        ("open opens opened", "close closes closed"),
        ("start starts started", "stop stops stopped"),
        ("safe valid", "unsafe invalid"),
        ("available", "unavailable"),
    )
]
_OPPOSED = frozenset().union(*(side for pair in _OPPOSITES for side in pair))
_NEGATIONS = listed(
    "not no never without cannot can't won't isn't doesn't didn't don't wasn't hasn't "
    "nicht kein keine nie ohne nunca sin jamais sans pas sem não नहीं لا لم ليس بدون"
)
_NEGATIVE = ("不", "没", "未", "無", "ません", "ない")


def contradiction(one: str, other: str) -> float:
    """From 0, none, to 1: how much of what both sides state is stated otherwise by the other. Symmetric."""
    a, b = folded(one), folded(other)
    said = [_numbers(text) for text in (a, b)]
    found = _otherwise(*said) if said[0] and said[1] else 0.0
    found = max(found, _apart(_tokens(one), _tokens(other)))
    names = [_names(text) for text in (one, other)]
    if names[0] and names[1]:
        found = max(found, 0.7 * _apart(*names))
    words = [set(re.findall(r"[^\W\d]+(?:'\w+)?", text)) for text in (a, b)]
    for yes, no in _OPPOSITES if any(not side.isdisjoint(_OPPOSED) for side in words) else ():
        ways = [(bool(side & yes), bool(side & no)) for side in words]
        if ways in ([(True, False), (False, True)], [(False, True), (True, False)]):
            found = max(found, 0.8)
    if min(len(side) for side in words) < 15 and _denies(words[0], a) != _denies(words[1], b):
        found = max(found, 0.7)
    return found


def _denies(words: set[str], text: str) -> bool:
    return not words.isdisjoint(_NEGATIONS) or any(mark in text for mark in _NEGATIVE)


def _numbers(text: str) -> list[Word]:
    return [numbers(found.group().rstrip(".,")) for found in islice(_NUMBER.finditer(text), _MOST)]


def _otherwise(a: list[Word], b: list[Word]) -> float:
    """The share of the numbers that the side with fewer states and the other does not."""
    missing = [sum(1 for x in side if not any(x & y for y in others)) / len(side) for side, others in ((a, b), (b, a))]
    return min(missing)


def _tokens(text: str) -> set[str]:
    """Paths, identifiers, file names: what has a mark of code within it."""
    found = (token.strip(".:-/\\@#").lower() for token in _TOKEN.findall(text) if _is_code(token))
    return {_last(token) for token in found if token}


def _last(path: str) -> str:
    return re.split(r"[/\\]", path)[-1]


def _is_code(token: str) -> bool:
    if token.startswith("--"):
        return True
    core = token.strip(".:-/\\@#")
    inner = core[1:]
    return "_" in inner or "/" in inner or "." in inner[:-1] or (any(map(str.isupper, inner)) and not core.isupper())


def _names(text: str) -> set[str]:
    """Capitalised words within sentences, where not every word is capitalised."""
    words = _WORD.findall(text)
    capitals = sum(word[:1].isupper() for word in words)
    if capitals > 0.3 * len(words):
        return set()
    return {found.lower() for found in _NAME.findall(text) if found[:1].isupper()}


def _apart(a: Iterable[str], b: Iterable[str]) -> float:
    a, b = set(a), set(b)
    if not a or not b:
        return 0.0
    return min(len(a - b) / len(a), len(b - a) / len(b))
