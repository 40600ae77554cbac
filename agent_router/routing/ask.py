"""What is asked, inside what the agent wraps around it."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from agent_router.routing.envelope import ends, is_result, unwrapped
from agent_router.routing.prompt import Prompt

# An agent does not put more turns without an ask behind the one that has it.
_TURNS = 64
# What stands before such a turn is an example of a conversation (aider).
_AFTER_EXAMPLES = "I switched to a new code base."
_COUNTED = 32  # user turns that are looked at to count the asks; of later ones only the first character is


class Ask(NamedTuple):
    """`text` is empty and `at` -1 if nothing is asked. `at` is the turn that asks; `number` how many asks
    the conversation has up to this one; `first` the text of its first; `answered` whether a tool has spoken last."""

    text: str
    at: int
    number: int
    first: str
    answered: bool


class _Turns:
    """A prompt's user turns unwrapped, each once: agents repeat what nobody asked."""

    def __init__(self, prompt: Prompt) -> None:
        self._system = prompt.system
        self._unwrapped: dict[str, str] = {}

    def asked(self, text: str) -> str:
        found = self._unwrapped.get(text)
        if found is None:
            found = self._unwrapped[text] = unwrapped(text, self._system)
        return found


def ask(prompt: Prompt) -> Ask:
    """The last thing that a person or a schedule asked: in a tool loop, what began it."""
    turns = _Turns(prompt)
    text, at = _last(prompt, turns)
    count, first = _earlier(prompt, turns, at)
    behind = prompt.turns[at + 1 :]
    spoken = next((turn.role for turn in reversed(behind) if turn.role != "user"), None)
    answered = spoken == "tool" or (bool(behind) and behind[-1].role == "user" and is_result(behind[-1].text))
    return Ask(text, at, count, first, answered)


def _last(prompt: Prompt, turns: _Turns) -> tuple[str, int]:
    left = _TURNS
    for at in range(len(prompt.turns) - 1, -1, -1):
        turn = prompt.turns[at]
        if turn.role == "user":
            text = turns.asked(turn.text)
            if text:
                return text, at
            left -= 1
            if not left:
                break
    # Better what an agent says for itself than nothing, by which all would be the same.
    said = ((ends(turn.text.strip()), i) for i, turn in reversed(list(enumerate(prompt.turns))) if turn.role == "user")
    return next((each for each in islice(said, _TURNS) if each[0]), ("", -1))


def _earlier(prompt: Prompt, turns: _Turns, at: int) -> tuple[int, str]:
    """How many asks there are up to turn `at`, and the first. It must not change while the loop goes on, so that it
    depends on nothing behind that turn."""
    count, looked, first = 0, 0, ""
    for turn in prompt.turns[: at + 1]:
        if turn.role == "user":
            looked += 1
            if turn.text.startswith(_AFTER_EXAMPLES):
                count, first = 0, ""
            elif looked > _COUNTED:
                count += turn.text[:1] not in ("", "<", "[")
            elif text := turns.asked(ends(turn.text)):
                count += 1
                first = first or text
    return max(count, at >= 0), first
