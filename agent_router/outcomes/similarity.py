"""How near two texts are that say the same in different words: titles, commit messages, summaries, answers.

Two measures, both Dice coefficients (twice what is shared, by what there is): of the words, where common ones weigh
little, and of the runs of three letters, which forgive inflection and serve languages that write no spaces. Then the
facts: numbers, names, paths and identifiers that one side states and the other does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from agent_router.outcomes.facts import contradiction
from agent_router.outcomes.words import UNSPACED, Word, folded, listed, words

_READ = 512  # characters of each end that are read
_LITTLE = 2.0  # weight; what says less than that is held by much that is quite different
_COMMON = listed(
    "the a an of to in on for and or is are was were be been it this that with as at by from not no i you we they he "
    "she his her its their our your my has have had do does did will would can could should may so if then than but "
    "also there here what which who how when where why into about over after before all any some more most other "
    "el la los las un una de del en y o a al es son fue por para con que se su sus lo le les como más no sí "
    "der die das den dem des ein eine einer eines und oder ist sind war im in zu zur zum von mit für auf an als auch "
    "nicht es sie er wir ihr wird werden hat haben "
    "le la les un une des du de et ou est sont dans sur pour par avec que qui ce cette il elle ne pas au aux en plus "
    "o os as um uma do da dos das em no na nos nas e ou é são foi com por para que não ao à mais "
    "का की के में से और है हैं को पर यह ने कि भी था थी "
    "في من على إلى عن و أن هذا هذه التي الذي هو هي مع كان "
    "的 了 是 在 和 有 我 你 他 这 那 不 也 就 与 及 对 为"
)
# What says how a text is put, not what it says.
_HOLLOW = listed(
    "conversation discussion session user summary title chat message assistant asks asked wants requested request "
    "feat fix chore docs refactor test style perf build ci explain explaining explanation plan planning write writing "
    "review create make update add improve help use support handle question idea ideas guide tips letter recipe "
    "rezept receta recette lettre carta erklären explicar expliquer escribir schreiben écrire crear créer"
)


def similarity(one: str, other: str) -> float:
    """From 0, nothing shared, to 1, the same words; symmetric."""
    a, b = words(folded(_ends(one))), words(folded(_ends(other)))
    if a == b:
        return 1.0
    first, second = _weights(a), _weights(b)
    # Pairs of characters have been compared already where a script has no blanks.
    letters = (first, second) if UNSPACED.search(one) and UNSPACED.search(other) else (_trigrams(a), _trigrams(b))
    by_word, of_words = _shared(first, second)
    by_letters, of_letters = _shared(*letters)
    # One may say more than the other: what the shorter says counts as well.
    near = 0.5 * max(by_word, by_letters) + 0.25 * (by_word + by_letters)
    held = max(of_words, of_letters - 0.1)
    near = 0.6 * near + 0.4 * held
    return round(min(near, 1.0) * (1 - 0.6 * contradiction(_ends(one), _ends(other))), 6)


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _READ else text[:_READ] + "\n" + text[-_READ:]


def _weights(found: list[Word]) -> dict[str, float]:
    made: dict[str, float] = {}
    for text in (text for word in found for text in _parts(min(word))):
        weight = 0.1 if text in _COMMON else 0.3 if text in _HOLLOW else 1.0
        made[_stem(text) if text.isascii() else text] = weight
    return made


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    """A word without the commonest endings of English and its neighbours; the same for both sides, so a wrong one does
    little harm."""
    if not word.isascii() or not word.isalpha() or len(word) < 5:
        return word
    for ending in ("ations", "ation", "ings", "ing", "ions", "ion", "ies", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            stem = word[: -len(ending)]
            return stem[:-1] if len(stem) > 4 and stem[-1] == stem[-2] else stem
    return word


def _parts(word: str) -> list[str]:
    """A word; of a script without spaces, its pairs of characters."""
    if word.isascii() or not UNSPACED.search(word) or len(word) < 3:
        return [word]
    return [word[i : i + 2] for i in range(len(word) - 1)]


def _trigrams(found: list[Word]) -> Mapping[str, float]:
    text = " ".join(word for word in map(min, found) if word not in _COMMON)
    return Counter(text[i : i + 3] for i in range(max(len(text) - 2, 0)))


def _shared(a: Mapping[str, float], b: Mapping[str, float]) -> tuple[float, float]:
    """Dice's coefficient, and how much of the smaller side is in the other."""
    both = sum([min(a[key], b[key]) for key in a.keys() & b.keys()])
    sizes = sum(a.values()), sum(b.values())
    return 2 * both / max(sum(sizes), 1e-9), both / max(min(sizes), _LITTLE)
