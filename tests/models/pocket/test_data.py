"""The generator: the same examples for the same seed, and answers that are right by construction."""

from __future__ import annotations

import itertools
import json

import jsonschema
import pytest

from models.pocket.data import SHARES, TASKS, examples, items, lengthen
from models.pocket.example import Example
from models.pocket.labels import CLASSES, OK, TRIAGE
from models.pocket.speech import LANGUAGES


def _take(seed: int, count: int, *, lessons: float = 0.0) -> list[Example]:
    return list(itertools.islice(examples(seed, lessons=lessons), count))


def _label(example: Example) -> str:
    """A plain label, or the one value of a JSON object."""
    if example.schema is None:
        return example.answer
    (label,) = json.loads(example.answer).values()
    return str(label)


def test_a_seed_gives_the_same_examples() -> None:
    assert _take(3, 200) == _take(3, 200)
    assert _take(3, 200) != _take(4, 200)


def test_shares_make_a_whole() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("apart", [False, True])
def test_json_answers_are_valid_and_in_the_schemas_order(apart: bool) -> None:
    seen = 0
    for example in itertools.islice(examples(5, apart=apart), 2000):
        if example.schema is None:
            continue
        seen += 1
        value = json.loads(example.answer)
        jsonschema.validate(value, example.schema)
        assert list(value) == list(example.schema["properties"])
        assert json.dumps(value, ensure_ascii=False, separators=(",", ":")) == example.answer
    assert seen > 300


@pytest.mark.parametrize("apart", [False, True])
def test_extracted_values_stand_in_the_text(apart: bool) -> None:
    for example in items("extraction", 6, 300, apart=apart):
        asked = " ".join(message["content"] for message in example.messages)
        assert all(value is None or str(value) in asked for value in json.loads(example.answer).values())


@pytest.mark.parametrize("apart", [False, True])
def test_a_tool_call_names_an_offered_tool_and_fits_its_schema(apart: bool) -> None:
    for example in items("tool_call", 7, 300, apart=apart):
        call = json.loads(example.answer.removeprefix("<tool_call>\n").removesuffix("\n</tool_call>"))
        offered = {tool["function"]["name"]: tool["function"]["parameters"] for tool in example.tools}
        assert len(offered) == len(example.tools)
        jsonschema.validate(call["arguments"], offered[call["name"]])
        assert all(str(value) in example.messages[-1]["content"] for value in call["arguments"].values())


def test_labels_are_among_the_allowed_ones() -> None:
    allowed = {
        "triage": set(TRIAGE),
        "classify": {label for labels in CLASSES for label in labels},
        "yes_no": {"Yes", "No"},
        "language": set(LANGUAGES) | set(LANGUAGES.values()),
    }
    for task, labels in allowed.items():
        assert {_label(example) for example in items(task, 8, 400)} == labels


def test_heartbeat_is_ok_or_the_line_that_needs_attention() -> None:
    answers = [(example.answer, example.messages[-1]["content"]) for example in items("heartbeat", 9, 300)]
    assert 0.4 < sum(answer == OK for answer, _ in answers) / len(answers) < 0.7
    assert all(answer == OK or answer.removeprefix("Attention: ") in text for answer, text in answers)


def test_no_phrase_is_left_unfilled() -> None:
    for example in _take(10, 3000, lessons=0.1):
        for message in example.messages:
            if not example.tools and message["role"] == "user" and example.task not in ("heartbeat",):
                assert "[" not in message["content"], message["content"]
                assert "|" not in message["content"], message["content"]
                assert not any(f"<{name}>" in message["content"] for name in ("n", "x", "p", "s", "keys", "a", "b"))


def test_phrasings_apart_are_not_in_training() -> None:
    trained = {example.messages[0]["content"] for example in _take(11, 5000)}
    for task in ("identity", "heartbeat", "commit"):
        held = items(task, 12, 30, apart=True)
        assert not {example.messages[-1]["content"] for example in held} & trained


def test_a_longer_prompt_keeps_its_question_and_answer() -> None:
    import random

    example = items("triage", 13, 1)[0]
    longer = lengthen(random.Random(1), example)
    assert longer.answer == example.answer
    assert longer.messages[-1] == example.messages[-1]
    assert len(longer.prompt) > len(example.prompt)


def test_every_task_has_items() -> None:
    for task in TASKS:
        assert len(items(task, 14, 3)) == 3
