"""Targets and decisions."""

from __future__ import annotations

from agent_router.routing.decision import Decision, Target, Verdict


def test_only_the_engine_is_local() -> None:
    assert Target("local", "pocket").route == "local"
    assert Target("ollama", "qwen3").route == "closed"


def test_a_target_reads_as_callers_write_it() -> None:
    assert str(Target("openrouter", "qwen/qwen3-coder:free")) == "openrouter/qwen/qwen3-coder:free"


def test_targets_are_values() -> None:
    assert {Target("a", "b"), Target("a", "b")} == {Target("a", "b")}


def test_a_rule_is_certain() -> None:
    assert Decision((Target("a", "b"),), "rule").propensity == 1.0
    assert Verdict("local", "rule").propensity == 1.0
