"""Exact match a task, through llama.cpp itself: `python -m models.pocket.evaluate [GGUF]`."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

from llama_cpp import Llama, LlamaGrammar

from agent_models.engine.matrix_unit import spare_matrix_unit

from .data import TASKS, items
from .example import Example

PACKAGED = Path(__file__).parents[1] / "agent_models" / "pocket" / "pocket.gguf"
HELD_OUT_SEED = 999_331


@dataclass(frozen=True)
class Answer:
    """What the model wrote, whether it ended by itself, and how many tokens it took."""

    text: str
    ended: bool
    tokens: int


class Reader:
    """The GGUF in llama.cpp, asked greedily."""

    def __init__(self, path: Path, context: int = 2048, threads: int = 1) -> None:
        spare_matrix_unit()
        self.model = Llama(str(path), n_ctx=context, n_threads=threads, n_threads_batch=threads, verbose=False)
        self.end = self.model.token_eos()

    def answer(self, prompt: str, limit: int = 160, schema: dict[str, object] | None = None) -> Answer:
        """The greedy answer to a rendered prompt, at most `limit` tokens; with `schema` under its grammar."""
        model = self.model
        grammar = LlamaGrammar.from_json_schema(json.dumps(schema), verbose=False) if schema else None
        tokens = model.tokenize(prompt.encode(), add_bos=False, special=True)
        written: list[int] = []
        for token in model.generate(tokens, temp=0.0, repeat_penalty=1.0, grammar=grammar):
            if token == self.end or len(written) >= limit:
                return Answer(self._text(written), token == self.end, len(written))
            written.append(token)
        return Answer(self._text(written), False, len(written))

    def _text(self, tokens: list[int]) -> str:
        return self.model.detokenize(tokens, special=True).decode(errors="replace")


def right(example: Example, text: str) -> bool:
    """Whether the answer is the wanted one; JSON is compared as values."""
    if example.schema is None:
        return text.strip() == example.answer
    try:
        return bool(json.loads(text) == json.loads(example.answer))
    except ValueError:
        return False


def score(
    reader: Reader, task: str, count: int, *, apart: bool, grammar: bool
) -> tuple[float, list[tuple[Example, str]]]:
    """Share of right answers among `count` held-out items, and the wrong ones with what was written."""
    wrong = []
    for example in items(task, HELD_OUT_SEED, count, apart=apart):
        written = reader.answer(example.prompt, schema=example.schema if grammar else None)
        if not right(example, written.text):
            wrong.append((example, written.text))
    return 1 - len(wrong) / count, wrong


def speed(reader: Reader, count: int = 20) -> tuple[float, float]:
    """Prompt tokens and answer tokens a second, over extraction items."""
    model, read, write, read_s, write_s = reader.model, 0, 0, 0.0, 0.0
    for example in items("extraction", 5, count):
        tokens = model.tokenize(example.prompt.encode(), add_bos=False, special=True)
        model.reset()
        start = time.perf_counter()
        model.eval(tokens)
        middle = time.perf_counter()
        for _ in range(32):
            model.eval([model.sample(temp=0.0)])
        read, write = read + len(tokens), write + 32
        read_s, write_s = read_s + middle - start, write_s + time.perf_counter() - middle
    return read / read_s, write / write_s


def main() -> None:
    """Print a table of scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", nargs="?", type=Path, default=PACKAGED)
    parser.add_argument("--count", type=int, default=50, help="items a task")
    parser.add_argument("--tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--grammar", action="store_true", help="constrain JSON answers by their schema")
    parser.add_argument("--wrong", type=int, default=0, help="print so many wrong answers a task")
    given = parser.parse_args()
    reader = Reader(given.gguf)
    print(f"{'task':15} seen phrasing  apart   (exact match in %, n = {given.count})")
    for task in given.tasks:
        shares = []
        for apart in (False, True):
            share, wrong = score(reader, task, given.count, apart=apart, grammar=given.grammar)
            shares.append(share)
            for example, text in wrong[: given.wrong]:
                print("   ", json.dumps(example.messages[-1]["content"])[:150], "\n      wanted", repr(example.answer))
                print("      wrote ", repr(text))
        print(f"{task:15} {shares[0] * 100:8.0f} {shares[1] * 100:10.0f}", flush=True)
    read, write = speed(reader)
    print(f"llama.cpp, one thread: {read:.0f} prompt tokens/s, {write:.0f} answer tokens/s")


if __name__ == "__main__":
    main()
