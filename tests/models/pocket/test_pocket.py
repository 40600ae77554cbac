"""The bundled model as it is shipped: the file, what it says of itself, its tokens, its arithmetic, its answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_models.pocket import pocket_path
from models.pocket.chat import TEMPLATE, render
from models.pocket.data import items
from models.pocket.evaluate import Reader
from models.pocket.labels import OK
from models.pocket.talk import IDENTITY, UNABLE

CARD = Path(__file__).parents[3] / "models" / "pocket" / "README.md"
EXPECTED: dict[str, Any] = json.loads(Path(__file__).with_name("expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader(pocket_path())
    yield reader
    reader.model.close()


def _ask(reader: Reader, question: str) -> str:
    answer = reader.answer(render([{"role": "user", "content": question}]))
    assert answer.ended, f"no end after {answer.tokens} tokens: {answer.text!r}"
    return answer.text


def test_the_file_is_small_and_the_one_that_the_card_describes() -> None:
    held = pocket_path().read_bytes()
    assert held[:4] == b"GGUF"
    assert len(held) < 8_000_000
    assert hashlib.sha256(held).hexdigest() in CARD.read_text(encoding="utf-8")


def test_metadata_says_what_it_is(reader: Reader) -> None:
    metadata = reader.model.metadata
    assert metadata["general.name"] == "agent-router pocket"
    assert metadata["general.license"] == "apache-2.0"
    assert metadata["general.architecture"] == "llama"
    assert int(metadata["llama.context_length"]) >= 2048
    assert metadata["tokenizer.chat_template"] == TEMPLATE
    assert reader.model.detokenize([reader.end], special=True) == b"<|im_end|>"


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_survives_the_tokeniser(reader: Reader, text: str) -> None:
    tokens = reader.model.tokenize(text.encode(), add_bos=False, special=False)
    assert reader.model.detokenize(tokens, special=True) == text.encode()


def test_every_byte_has_a_token(reader: Reader) -> None:
    pieces = {reader.model.detokenize([token]) for token in range(reader.model.n_vocab())}
    assert {bytes([value]) for value in range(256)} <= pieces


def test_llama_cpp_splits_text_as_training_did(reader: Reader) -> None:
    cases = EXPECTED["strings"] + [[case["prompt"], case["ids"]] for case in EXPECTED["prompts"]]
    for text, ids in cases:
        assert reader.model.tokenize(text.encode(), add_bos=False, special=True) == ids, text


def test_llama_cpp_computes_what_pytorch_computed(reader: Reader) -> None:
    model = reader.model
    for case in EXPECTED["prompts"]:
        model.reset()
        model.eval(case["ids"])
        pointer = llama_cpp.llama_get_logits_ith(model.ctx, -1)
        logits = np.ctypeslib.as_array(pointer, shape=(model.n_vocab(),))[: len(case["logits"])]
        # llama.cpp rounds activations to 8 bits in products with Q8_0 weights; PyTorch did not.
        assert np.abs(logits - np.array(case["logits"])).max() < 0.05 * np.abs(logits).max() + 0.3
        written: list[int] = []
        for wanted, lead in zip(case["answer"], case["leads"], strict=True):
            token = next(model.generate([*case["ids"], *written], temp=0.0, repeat_penalty=1.0))
            if token != wanted:
                assert lead < 0.3, f"{case['prompt'][-80:]!r}: token {len(written)} differs and was no close call"
                break
            written.append(token)


def test_it_greets(reader: Reader) -> None:
    assert "hello" in _ask(reader, "Say hello").lower()
    assert "hello" in _ask(reader, "Hi!").lower()


def test_it_says_what_it_is(reader: Reader) -> None:
    assert _ask(reader, "Who are you?") == IDENTITY


def test_it_mostly_says_what_it_cannot_do(reader: Reader) -> None:
    answers = [reader.answer(example.prompt).text for example in items("unable", 4, 20)]
    assert answers.count(UNABLE) >= 16


def test_heartbeat_with_nothing_to_report(reader: Reader) -> None:
    assert _ask(reader, "Reply HEARTBEAT_OK if there is nothing to report, else report the item.") == OK


def test_json_follows_its_schema(reader: Reader) -> None:
    for example in items("extraction", 4, 5):
        answer = reader.answer(example.prompt, schema=example.schema)
        assert answer.ended
        assert example.schema is not None
        assert list(json.loads(answer.text)) == list(example.schema["properties"])
