"""How the split classifies a model name: by the catalogue."""

from __future__ import annotations

from agent_models.catalogue import Catalogue
from agent_telemetry.split import UNKNOWN, Classify


def classifier(catalogue: Catalogue) -> Classify:
    """A function from (model, provider) to (openness, lab). Openness belongs to the model, whoever serves it."""

    def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
        if not model:
            return UNKNOWN, None
        family = catalogue.find(model)
        return (family.openness, family.lab) if family else (UNKNOWN, None)

    return classify
