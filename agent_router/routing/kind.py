"""The kinds of requests that are told apart before anything is known about their outcomes."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "heartbeat",  # a schedule asks whether anything needs attention
    "recap",  # a few words on a session or on what was just done, for its list, for who watches or who comes back
    "title",  # or topic, of a session
    "suggestion",  # what the user might type next
    "memory",  # what is worth remembering of a session
    "difficulty",  # which model should take the turn; the turn waits for it
    "check",  # whether something is so or may be done: who speaks next, whether a command is safe; the turn waits
    "summary",  # or compaction, of a session, so that it fits again
    "commit",  # a commit message
    "structured",  # a call of the one tool that must be called, so that the answer has a form
    "probe",  # whether there is quota left, or whether anybody answers at all
    "side",  # what looks like another program's call with a fixed instruction
    "json",  # asked by anybody, answered in JSON
    "ask",  # asked by anybody
    "embedding",
]

# Nobody waits for these.
BACKGROUND: frozenset[Kind] = frozenset(
    {"heartbeat", "recap", "title", "suggestion", "memory", "summary", "commit", "probe"}
)
