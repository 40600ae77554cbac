"""How model names are classified for the split."""

from __future__ import annotations

from agent_models.catalogue import Catalogue
from agent_telemetry.openness import classifier


def test_openness_and_lab_come_from_the_catalogue() -> None:
    classify = classifier(Catalogue.load())
    assert classify("gpt-5.4", "openai") == ("closed", "openai")
    assert classify("pocket", "local") == ("open", "agent-router")
    assert classify("qwen/qwen3-32b", "openrouter") == ("open", "alibaba")
    assert classify("no-such-model", None) == ("unknown", None)
    assert classify(None, "openai") == ("unknown", None)
