"""What people ask in the sessions: work, talk, and asks that only sound like an agent's own calls."""

from __future__ import annotations

from collections.abc import Sequence

SESSIONS: tuple[tuple[str, ...], ...] = (
    (
        "Look at the notes and say what is left to do. RUN cat notes.md",
        "And which of them takes longest?",
        "Give me a title for this chat about plants.",
    ),
    (
        "There is a mistake in sum.py, find it. RUN cat sum.py",
        "Write a commit message for that change.",
        "Summarize our conversation so far in two sentences.",
    ),
    (
        "Wie viele Wörter hat die Datei mit den Notizen? RUN wc -w notes.md",
        "Und auf Spanisch, bitte noch einmal.",
        "Suggest what the user might type next in a search box for recipes.",
    ),
    (
        "How does a heartbeat work in Raft, and who sends it?",
        "Answer only with JSON: the keys are name and age, for Ann who is 31.",
        "Extract the dates from this text and remember them: we met on May 3rd and June 9th.",
    ),
    (
        "Is this command safe to run on my machine? Answer yes or no: ls -la. RUN ls -la",
        "Classify the complexity of sorting a list, from 1 to 10.",
        "Who should speak next at the meeting, Tom or Ida?",
    ),
)


def sessions(turns: int) -> Sequence[Sequence[str]]:
    """So many sessions that they have at least so many turns; further rounds are told apart by a few words."""
    found: list[Sequence[str]] = []
    while sum(map(len, found)) < turns:
        round_, nth = divmod(len(found), len(SESSIONS))
        asks = SESSIONS[nth]
        found.append(asks if not round_ else (f"Once more, for draft {round_ + 1}: {asks[0]}", *asks[1:]))
    return found
