"""How the split classifies a model name: by the catalogue."""

from __future__ import annotations

from agent_models.catalogue import Catalogue
from agent_telemetry.split import UNKNOWN, Classify


def classifier(catalogue: Catalogue) -> Classify:
    """A function from (model, provider) to (openness, lab). Openness belongs to the model, whoever serves it.

    The provider counts only where it says which model a name means: Ollama's `mistral-small` is `mistral-small:latest`.
    """

    def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
        if not model:
            return UNKNOWN, None
        family = catalogue.find(model)
        if (
            (family is None or family.openness == UNKNOWN)
            and (provider or "").startswith("ollama")
            and ":" not in model
        ):
            family = catalogue.find(f"{model}:latest") or family
        return (family.openness, family.lab) if family else (UNKNOWN, None)

    return classify
