"""Whether an answer goes round in circles."""

from __future__ import annotations

import re
from collections import Counter

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer

_LONGEST = 200  # characters of what is repeated
_TIMES = 8
_LEAST = 120  # characters that repetitions fill before they count
_LINES = 12
_MARKUP = "|\t<"  # of tables, in which cells and rows may well be the same
_IN_MARKUP = 5
_SHOUTED = "!?@$%&"
_SENTENCES = 4  # times that somebody says a sentence at most
_SPOKEN = 400  # characters, from which on it counts
_PIECE = re.compile(r"(?<=[.!?。！？।])\s+|\n+")
_NUMBER = re.compile(r"\s*(?:\d{1,4}[.)]|[-*•])\s+")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_READ = 20_000


def loops(answer: Answer, request: CompletionRequest) -> bool:
    """Whether it ends in the same piece eight times in a row, or says the same line again and again. What the engine
    noticed itself goes before."""
    if answer.signals is not None and answer.signals.looped:
        return True
    text = answer.text[-_READ:]
    if answer.calls:
        text = "\n".join(call.arguments for call in answer.calls.values())[-_READ:]
    return _ends_in_circles(text) or _says_the_same_lines(text) or _says_the_same(text)


def _ends_in_circles(text: str) -> bool:
    """Whether the end is one piece, with letters in it or of what nobody draws lines with, again and again."""
    end = text.rstrip()[-_LONGEST * _TIMES :]
    for size in range(1, min(_LONGEST, len(end) // _TIMES) + 1):
        piece = end[-size:]
        if end[-2 * size : -size] != piece:
            continue
        times = max(_TIMES, -(-_LEAST // size))
        if any(mark in piece for mark in _MARKUP):
            times *= _IN_MARKUP
        if (
            len(end) >= times * size
            and end.endswith(piece * times)
            and any(c.isalpha() or c in _SHOUTED for c in piece)
        ):
            return True
    return False


def _says_the_same_lines(text: str) -> bool:
    """Whether most lines of words are the same few ones; numbers in them do not make them others."""
    text = "\n".join(line for line in text.splitlines() if not any(mark in line for mark in _MARKUP))
    lines = [" ".join(_TOKEN.findall(re.sub(r"\d+", "0", line.lower()))) for line in text.splitlines()]
    lines = [line for line in lines if line.count(" ") >= 3 and any(map(str.isalpha, line))]
    if len(lines) < _LINES:
        return False
    exact = Counter(line.strip() for line in text.splitlines() if line.count(" ") >= 3)
    most = exact.most_common(1)[0][1] if exact else 0
    return most >= _TIMES and most > len(lines) / 2


def _says_the_same(text: str) -> bool:
    """Whether most of it are a few sentences again and again, wherever; their numbers in a list do not count."""
    if len(text) < _SPOKEN:
        return False
    pieces = Counter(_NUMBER.sub("", piece, count=1).strip() for piece in _PIECE.split(text))
    again = sum(
        len(piece) * times
        for piece, times in pieces.items()
        if times >= _SENTENCES and piece.count(" ") >= 3 and not any(mark in piece for mark in _MARKUP)
    )
    return again > len(text) / 2
