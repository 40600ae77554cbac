"""The tokeniser: byte-level BPE that copies cleanly and that llama.cpp reproduces as its `smollm` pre-tokeniser.

A space is joined only to whole, frequent, lower-case words. All other strings have the same tokens behind a space, a
quote or a line break, so that copying a name is copying its tokens.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .data import examples

SIZE = 1536
SPACED_WORDS = 400
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MARKS = ("<tool_call>", "</tool_call>")
PRE = "smollm"
_STRICT = r"\p{N}|\p{Lu}+\p{Ll}*|\p{Ll}+|\p{Lo}|\n+|[^\s\p{L}\p{N}]+| +"


def train(seed: int = 1, count: int = 40_000) -> Tokenizer:
    """A tokeniser of `SIZE` tokens from `count` generated examples."""
    tokenizer = Tokenizer(models.BPE())
    strict = pre_tokenizers.Split(Regex(_STRICT), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [strict, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE - len(MARKS) - SPACED_WORDS,
        special_tokens=list(CONTROL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=16,
        show_progress=False,
    )
    stream = itertools.islice(examples(seed, lessons=0.1), count)
    texts = [_plain(example.prompt + example.answer) for example in stream]
    tokenizer.train_from_iterator(texts, trainer)
    return _in_use(_join_spaces(tokenizer, texts))


def _join_spaces(tokenizer: Tokenizer, texts: list[str]) -> Tokenizer:
    """Last merges of all: a space and a frequent word that is one token by then."""
    held = json.loads(tokenizer.to_str())
    vocabulary, merges = held["model"]["vocab"], held["model"]["merges"]
    counted = Counter(word for text in texts for word in re.findall(r" ([a-z]+)(?![a-z])", text))
    frequent = [word for word, _ in counted.most_common() if word in vocabulary]
    for word in frequent[:SPACED_WORDS]:
        merges.append(["Ġ", word])
        vocabulary["Ġ" + word] = len(vocabulary)
    return Tokenizer.from_str(json.dumps(held))


def load(path: Path) -> Tokenizer:
    """A saved tokeniser."""
    return Tokenizer.from_file(str(path))


def _plain(text: str) -> str:
    for mark in CONTROL + MARKS:
        text = text.replace(mark, "\n")
    return text


def _in_use(tokenizer: Tokenizer) -> Tokenizer:
    """llama.cpp's `smollm`: digits one by one, then GPT-2's splits."""
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(mark, normalized=False) for mark in CONTROL])
    tokenizer.add_tokens([AddedToken(mark, normalized=False) for mark in MARKS])
    return tokenizer
