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


def test_a_name_without_a_tag_is_what_its_provider_means_by_it() -> None:
    classify = classifier(Catalogue.load())
    assert classify("mistral-small", "ollama") == ("open", "mistral")
    assert (classify("solar-pro", "ollama"), classify("solar-pro", None)) == (
        ("open", "upstage"),
        ("unknown", "upstage"),
    )
    assert classify("glm4", "ollama") == ("open", "zhipuai")
    assert classify("codestral", "ollama") == ("open", "mistral")
    assert classify("codestral", "mistral") == ("unknown", "mistral")
    assert classify("codestral-latest", "mistral") == ("closed", "mistral")
    assert classify("gpt-4o", "ollama") == ("closed", "openai")
    assert classify("no-such-model", "ollama") == ("unknown", None)
