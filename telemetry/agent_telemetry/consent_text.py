"""What is asked about reports, word for word. Whoever changes a word of it raises `VERSION`, and everybody is asked
again."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Level = Literal["off", "headline", "table"]
VERSION: Final = 1


class LevelText(NamedTuple):
    """A level's name, what it comes to in a sentence, and all that it contains."""

    name: str
    said: str
    contains: tuple[str, ...]


LEVELS: Final[dict[Level, LevelText]] = {
    "off": LevelText(
        "Nothing",
        "No packet leaves this machine, not even to ask whether there is something to send.",
        (),
    ),
    "headline": LevelText(
        "Two shares",
        "Once a week, how much of your work open models did, and how much of that on your own hardware.",
        (
            "the share of tokens from open models, in steps of 5 %",
            "the share of tokens from open models on your own hardware, in steps of 5 %",
            "how much there was, as a power of two",
            "the week, the version of agent-router (without the patch), the operating system's name, the catalogue's "
            "date, this text's version, and which kinds of sources were seen (router, logs, OpenTelemetry)",
            "a token that is another one every week, so that weeks cannot be linked",
        ),
    ),
    "table": LevelText(
        "Two shares and the mix",
        "The same, with what kinds of task there were and which families of models did them.",
        (
            "all that two shares contain",
            "the shares of requests to open models, of unknown tokens, of requests and tokens that repeat, and of "
            "requests that had to be escalated, in steps of 5 %",
            "up to 8 kinds of task from a fixed list (code, write, extract, summarise, translate, search, automate, "
            "other), each only with at least 20 requests",
            "up to 8 families of models of the public catalogue, others as other, with the place where they ran",
        ),
    ),
}
NEVER: Final = (
    "prompts, answers, or any other text",
    "names of tools, projects, files, hosts or users; paths",
    "keys, addresses of servers, your network address",
    "names of models as you call them",
    "exact counts or costs",
    "a time finer than the week, your time zone, language or country",
    "what graphics card you have",
)
RULES: Final = (
    "A week ends on Monday at 00:00 UTC. Its report can be looked at for at least 48 hours before it is sent, and the "
    "first one for 7 days.",
    "What was recorded before you agreed is never sent.",
    "Every report that was sent is kept in a folder on this machine, byte for byte.",
    "You can change your mind here at any time; from then on nothing more is sent.",
    "If what is sent or what it is for changes, you are asked again, and until then nothing is sent.",
)
