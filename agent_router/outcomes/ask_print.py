"""What is kept of an ask to know it again: hashes, no text."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import NamedTuple

_READ = 1024  # characters of each end
_LETTERS = 128  # of each end, where a script has no blanks
_SHINGLES = 16
_LEAST = 8  # shingles of which a sketch says something
_ALIKE = 0.8


class AskPrint(NamedTuple):
    """`digest` is of the whole ask without case, blanks and the marks at its ends, `values` of what it names by digits,
    `sketch` the least hashes of its pairs of words, by which two asks' Jaccard similarity is estimated.

    Source of the sketch: Broder, On the resemblance and containment of documents, 1997 (bottom-k).
    """

    digest: bytes
    values: int
    sketch: tuple[int, ...]

    def same(self, other: AskPrint) -> bool:
        """Whether it is the same ask, word for word."""
        return self.digest == other.digest

    def alike(self, other: AskPrint) -> bool:
        """Whether it is the same but for a few words; what names other numbers is another ask."""
        if self.digest == other.digest:
            return True
        if self.values != other.values or min(len(self.sketch), len(other.sketch)) < _LEAST:
            return False
        mine, theirs = set(self.sketch), set(other.sketch)
        least = sorted(mine | theirs)[: max(len(mine), len(theirs))]
        return sum(h in mine and h in theirs for h in least) >= _ALIKE * len(least)


def ask_print(ask: str) -> AskPrint:
    """The print of an ask. Its sketch is only comparable within this process, because Python salts its hashes."""
    words = ask.casefold().split()
    text = " ".join(words).strip(" .,;:!?¿¡。！？")
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()
    if len(text) > 2 * _READ:
        text = text[:_READ] + text[-_READ:]
        words = text.split()
    # Pairs of words; of letters, where a script has no blanks.
    units = words if 8 * len(words) >= len(text) or text.isascii() else text[:_LETTERS] + text[-_LETTERS:]
    sketch = sorted(set(map(hash, pairwise(units))))[:_SHINGLES]
    values = hash(tuple(word for word in words if not word.isalpha() and any(map(str.isdigit, word))))
    return AskPrint(digest, values, tuple(sketch))
