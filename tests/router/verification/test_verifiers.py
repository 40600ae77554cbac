"""The verifiers on a corpus of right and broken answers, and on anything at all."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_models.completion import Tool
from agent_router.verification.verifiers import BUILT_IN, problem
from tests.router.verification.asking import begun, request, said
from tests.router.verification.structured_corpus import Case, call_cases, json_cases
from tests.router.verification.text_corpus import text_cases

STRUCTURED, TEXT, REFUSED = 0.99, 0.97, 0.01


def judged(cases: list[Case]) -> tuple[float, float]:
    """(share of the broken that is caught, share of the right that is refused), telling those that went wrong."""
    right: dict[bool, int] = Counter()
    broken: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        found = problem(case.answer, case.request)
        if case.kind is None:
            right[found is not None] += 1
            if found is not None:
                print(f"refused ({found}): {case.answer.text[:200]!r}")
        else:
            broken[case.kind].append(found is not None)
            if found is None:
                print(f"missed ({case.kind}): {case.answer.text[:200]!r}")
    caught = [each for found in broken.values() for each in found]
    assert min(len(caught), sum(right.values())) >= 600
    return sum(caught) / len(caught), right[True] / sum(right.values())


@pytest.mark.parametrize("seed", [11, 12])
def test_broken_structured_answers_are_caught_and_right_ones_pass(seed: int) -> None:
    rng = random.Random(seed)
    caught, refused = judged([*json_cases(rng, 400), *call_cases(rng, 400)])
    assert caught >= STRUCTURED
    assert refused <= REFUSED


@pytest.mark.parametrize("seed", [21, 22])
def test_broken_texts_are_caught_and_right_ones_pass(seed: int) -> None:
    caught, refused = judged(list(text_cases(random.Random(seed), 800)))
    assert caught >= TEXT
    assert refused <= REFUSED


def test_codes_are_unique_and_short() -> None:
    codes = [verifier.code for verifier in BUILT_IN]
    assert len(set(codes)) == len(codes)
    assert all(code.replace("_", "").isalpha() and len(code) <= 16 for code in codes)


def test_of_a_beginning_only_what_shows_early_is_looked_for() -> None:
    assert problem(begun(""), request()) is None
    assert problem(begun('{"a": '), request(json_object=True)) is None
    assert problem(begun("I'm sorry, but I can't help with that"), request()) == "refusal"
    assert problem(begun("<tool_call>"), request()) == "tool_as_text"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=300),
    st.text(max_size=100),
    st.dictionaries(st.sampled_from(["type", "properties", "items", "enum", "$ref", "pattern", "anyOf"]), _JSON),
    st.lists(st.tuples(st.text(max_size=8), st.text(max_size=30)), max_size=3),
    st.booleans(),
)
def test_no_verifier_raises(
    text: str, ask: str, schema: dict[str, object], calls: list[tuple[str, str]], whole: bool
) -> None:
    asked = request(ask, schema=schema, tools=(Tool("a", "", dict(schema)),))
    answer = said(text, *calls) if whole else begun(text)
    for verifier in BUILT_IN:
        assert isinstance(verifier.has_problem(answer, asked), bool)
        assert isinstance(verifier.has_problem(answer, request(ask)), bool)


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "ab " * 70_000, "I'm sorry " * 20_000, "<" * 200_000, "```" * 60_000, "\n" * 200_000,
     '{"name": ' * 20_000, "(" * 200_000, "f(" * 100_000, "é" * 200_000, "漢字" * 100_000, "| a " * 50_000,
     "Action: f" + "\n" * 100_000, "User: a" + "\n" * 100_000, "<f>" * 60_000, "a. " * 60_000, "Ġ" * 200_000],
)  # fmt: skip
def test_no_text_makes_one_slow(text: str) -> None:
    asked = request(text[:100_000], tools=(Tool("f"),))
    for verifier in BUILT_IN:
        began = time.process_time()
        verifier.has_problem(said(text), asked)
        assert time.process_time() - began < 0.3, verifier.code


def test_a_whole_answer_is_looked_at_in_a_millisecond() -> None:
    text = "The meeting moved to Monday, and Ana sends the notes. Nobody objected to it at all.\n" * 5
    text += "Then the lights went out, and everybody went home through the rain without a word.\n" * 4
    answer, asked = said(text + " ".join(f"word{i}" for i in range(150))), request("What happened?" * 50)
    problem(answer, asked)
    began = time.process_time()
    for _ in range(50):
        problem(answer, asked)
    assert (time.process_time() - began) / 50 < 0.003
