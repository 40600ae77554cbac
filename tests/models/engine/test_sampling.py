from __future__ import annotations

import pytest

from agent_models.engine.batch import Batch
from agent_models.engine.gbnf import Rules, literal
from agent_models.engine.model import Model
from agent_models.engine.sampling import Grammar, GrammarError, Sampler, StrictUtf8
from agent_models.errors import UnsupportedRequestError
from tests.models.engine.accepting import accepts
from tests.models.engine.asking import answer, ask, desk, reason_of, schema_format


def test_a_grammar_takes_what_it_says(model: Model) -> None:
    assert accepts(model, literal('a"\\\n\té🙂\x01'), 'a"\\\n\té🙂\x01')
    assert not accepts(model, literal("ab"), "a")


def test_a_grammar_that_contains_itself_is_an_error(model: Model) -> None:
    with pytest.raises(GrammarError):
        Grammar(model, "root ::= root")
    for schema in ({"$ref": "#"}, {"anyOf": [{"$ref": "#"}, {"type": "null"}]}):
        with pytest.raises(UnsupportedRequestError) as caught:
            answer(model, ask(output_format=schema_format(schema)))
        assert caught.value.param == "response_format"


def test_control_tokens_never_stand_in_for_text(model: Model) -> None:
    schema = {"enum": ["<|im_start|>x"]}
    for seed in range(3):
        events = answer(model, ask(output_format=schema_format(schema), temperature=1.0, seed=seed, top_logprobs=0))
        assert reason_of(events) == "stop"
        spelt = [bytes(p.bytes) for e in events for p in getattr(e, "logprobs", ())]
        assert b"<|im_start|>" not in spelt


def test_strict_utf8_bars_what_a_decoder_would_not_take(model: Model) -> None:
    utf8 = StrictUtf8(model)
    by_piece = {model.piece(token): token for token in range(model.vocabulary_size)}
    assert by_piece[b"\xc0"] in utf8.barred()
    assert by_piece[b"\x80"] not in utf8.barred()
    utf8.accept(by_piece[b"\xe0"])
    assert by_piece[b"\x80"] in utf8.barred()
    assert by_piece[b"\xa0"] not in utf8.barred()


def test_every_seed_is_one_seed(model: Model) -> None:
    bench = desk(model)
    tokens_in = model.tokens("hello", special=True)
    batch = Batch(64)
    row = batch.add(0, 0, tokens_in, 1)
    bench.context.decode(batch)
    for seed in (-1, 0, 0xFFFFFFFF, 2**63):
        tokens = set()
        for _ in range(8):
            sampler = Sampler(model, bench.context, ask(temperature=5.0, top_p=1.0, seed=seed), 10)
            sampler.row = row
            tokens.add(tuple(sampler.sample(None) for _ in range(6)))
            sampler.close()
        assert len(tokens) == 1
    bench.context.clear()


def test_rules_are_numbered_apart() -> None:
    rules = Rules()
    assert rules.add("ws") != rules.add("value")


def test_a_grammar_may_be_made_of_the_control_tokens_that_it_is_given(model: Model) -> None:
    mark = next(token for token in model.special - model.ends if model.text(token) == "<|im_start|>")
    for marks in (frozenset(), frozenset({mark})):
        grammar = Grammar(model, 'root ::= "<|im_start|>" "a"', marks)
        sampler = Sampler(model, desk(model).context, ask(logit_bias={mark: 50.0}, max_tokens=1), 1)
        try:
            desk(model).answer(ask(max_tokens=1))  # so that there are logits
            assert (sampler.sample(grammar) == mark) == bool(marks)
        finally:
            sampler.close()
            grammar.close()
