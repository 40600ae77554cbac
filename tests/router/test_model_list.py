"""The models that callers may name."""

from __future__ import annotations

from agent_models.catalogue import Catalogue
from agent_router.model_list import model_list
from agent_router.routing.names import Names
from agent_router.settings import Settings

SETTINGS = Settings.model_validate(
    {
        "upstreams": {"ollama": {"base_url": "http://127.0.0.1:11434/v1", "place": "device", "models": ["qwen3:8b"]}},
        "routing": {"closed": "ollama/qwen3:8b"},
    }
)


def test_each_says_where_it_runs_and_how_open_it_is() -> None:
    names = Names(SETTINGS, ["mine", "pocket"], lambda model: None)
    listed = {entry["id"]: entry for entry in model_list(names, Catalogue.load(), {"mine": 4096, "pocket": None}.get)}
    assert list(listed) == ["auto", "local", "closed", "local/mine", "local/pocket", "ollama/qwen3:8b"]
    assert (listed["ollama/qwen3:8b"]["place"], listed["ollama/qwen3:8b"]["openness"]) == ("device", "open")
    assert (listed["local/mine"]["place"], listed["local/mine"]["context_window"]) == ("device", 4096)
    assert listed["local/mine"]["openness"] == "unknown"
    assert "description" not in listed["local/mine"]
    assert listed["local"]["description"].endswith("Now: local/mine.")
    assert listed["closed"]["description"].endswith("Now: ollama/qwen3:8b.")


def test_an_embedding_model_says_so() -> None:
    names = Names(SETTINGS, ["bge", "mine", "pocket"], lambda model: None, {"bge"})
    listed = {entry["id"]: entry for entry in model_list(names, Catalogue.load())}
    assert "/v1/embeddings only" in listed["local/bge"]["description"]
    assert listed["local"]["description"].endswith("Now: local/mine.")
