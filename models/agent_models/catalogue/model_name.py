"""Model names, read as a row of words.

The same model is spelled `claude-sonnet-4-5-20250929`, `us.anthropic.claude-sonnet-4-5-20250929-v1:0`,
`anthropic/claude-sonnet-4.5` and `claude-sonnet-4@20250514`; `Qwen/Qwen2.5-0.5B-Instruct-GGUF`,
`qwen2.5:0.5b-instruct-q4_K_M` and `accounts/x/models/qwen2p5-0p5b`. Separators carry almost nothing, so both the
names and the catalogue's patterns are cut into words ("qwen", "2", "5", "0", "5b"), and a pattern matches where
its words stand in a row. That is linear in the name's length, whatever the name is.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAX_LENGTH: Final = 256  # characters; no model is called anything longer, only paths are

_DECIMAL = re.compile(r"(?<=[0-9])[p_](?=[0-9])")  # v3p1 and 3_3 are how some hosts write 3.1 and 3.3
_WORD = re.compile(r"[a-z]+|[0-9][a-z0-9]*")
_FILE_SUFFIX = re.compile(r"\.(gguf|ggml|safetensors|bin|llamafile)$")
_BOUNDARY = frozenset("/\\:@~,;|[\x00\n")  # what parts a vendor, a name and a tag
_FOLDER = frozenset("/\\")  # what is before it is a vendor or a folder, and not the model
_SIZE = re.compile(r"[0-9]+(x[0-9]+)?b$")
# fmt: off
_WEIGHTS_WORDS: Final = frozenset({
    "gguf", "ggml", "safetensors", "llamafile", "imatrix", "awq", "gptq", "mlx", "exl", "bnb", "merged",
    "distill", "distilled", "distillation", "abliterated", "uncensored", "heretic", "lora", "qlora", "sft", "dpo",
})
# fmt: on


class Name(NamedTuple):
    """A model name's words.

    `gaps[i]` is the text between word i - 1 and word i. `starts` holds the indices at which a part of the name
    (vendor, name, tag) begins, `ends` those one past which a part other than a vendor or a folder ends.
    """

    words: tuple[str, ...]
    gaps: tuple[str, ...]
    starts: frozenset[int]
    ends: frozenset[int]

    def shows_weights(self, index: int) -> bool:
        """Whether word `index` is only used of weights that someone holds: a size, a file format, a fine-tune."""
        word = self.words[index]
        return word in _WEIGHTS_WORDS or _SIZE.match(word) is not None


class Pattern(NamedTuple):
    """Words that must stand in a row. `at_start` and `at_end` tie them to a part's beginning and end.

    `tag`: the word that must begin an Ollama tag, behind a colon; 0 if none must.
    """

    text: str
    words: tuple[str, ...]
    at_start: bool
    at_end: bool
    tag: int = 0

    def matches(self, name: Name, index: int) -> bool:
        """Whether the pattern's words stand in `name` at word `index`, and end where a version ends."""
        stop = index + len(self.words)
        if name.words[index:stop] != self.words:
            return False
        if self.at_start and index not in name.starts:
            return False
        if self.tag and ":" not in name.gaps[index + self.tag]:
            return False
        if self.at_end:
            return stop in name.ends
        return not _version_goes_on(name, stop)


def read_name(model: str) -> Name:
    """Cut a model name into words. A name beyond `MAX_LENGTH` counts by its last path segment, or not at all."""
    if len(model) > MAX_LENGTH:
        model = re.split(r"[/\\]", model[-MAX_LENGTH - 1 :])[-1]
        if len(model) > MAX_LENGTH:
            return Name((), (), frozenset(), frozenset())
    text = _DECIMAL.sub(".", _FILE_SUFFIX.sub(r":\1", model.strip().lower()))
    words: list[str] = []
    gaps: list[str] = []
    starts, ends = {0}, set()
    position, skipped = 0, ""
    for found in _WORD.finditer(text):
        gap = skipped + text[position : found.start()]
        position, skipped = found.end(), ""
        if found[0] == "v" and text[position : position + 1].isdecimal():
            skipped = gap + "v"  # "deepseek-v3" is "deepseek 3"
            continue
        if words and (_BOUNDARY.intersection(gap) or "--" in gap):
            starts.add(len(words))
            if not _FOLDER.intersection(gap):
                ends.add(len(words))
        words.append(found[0])
        gaps.append(gap)
    ends.add(len(words))
    return Name(tuple(words), tuple(gaps), frozenset(starts), frozenset(ends))


def read_pattern(text: str) -> Pattern:
    """Read a catalogue pattern: a name, with `^` before it and `$` behind it to tie it to a part's ends.

    A colon in it must be one in the name: `codestral:latest` is Ollama's, `codestral-latest` is Mistral's.

    Raises:
        ValueError: the pattern has no word in it.
    """
    name = read_name(text.removeprefix("^").removesuffix("$"))
    if not name.words:
        raise ValueError(f"the pattern {text!r} holds no letter or digit")
    tag = next((index for index, gap in enumerate(name.gaps) if index and ":" in gap), 0)
    return Pattern(text, name.words, text.startswith("^"), text.endswith("$"), tag)


def _version_goes_on(name: Name, stop: int) -> bool:
    """Whether the number that ends at word `stop` is only the first half of a version: "3" in "qwen3.9-max".

    "3" in "qwen3-1.7b" is whole, because 1.7b is a size; "4" in "gpt-4-0613" is, because 0613 is a date; "4" in
    "granite-4.0" is, because 4.0 is 4.
    """
    if stop >= len(name.words) or not name.words[stop - 1].isdecimal():
        return False
    following, gap = name.words[stop], name.gaps[stop]
    if not following.isdecimal() or len(following) > 2 or following == "0" or gap not in {".", "-", "_"}:
        return False
    after = stop + 1
    size_follows = after < len(name.words) and name.gaps[after] == "." and _SIZE.match(name.words[after]) is not None
    return gap == "." or not size_follows
