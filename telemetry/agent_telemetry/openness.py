"""How the split classifies a model name: by the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from agent_models.catalogue import Catalogue, Family
from agent_telemetry.split import UNKNOWN, Classify

FamilyOf = Callable[[str | None, str | None], Family | None]
"""(model, provider) → the family that the model belongs to; None if that is not known."""


def family_finder(catalogue: Catalogue) -> FamilyOf:
    """Finds families by the catalogue.

    The provider counts only where it says which model a name means: Ollama's `mistral-small` is `mistral-small:latest`.
    """

    def find(model: str | None, provider: str | None) -> Family | None:
        if not model:
            return None
        family = catalogue.find(model)
        if (
            (family is None or family.openness == UNKNOWN)
            and (provider or "").startswith("ollama")
            and ":" not in model
        ):
            family = catalogue.find(f"{model}:latest") or family
        return family

    return find


def classifier(catalogue: Catalogue) -> Classify:
    """A function from (model, provider) to (openness, lab). Openness belongs to the model, whoever serves it."""
    find = family_finder(catalogue)

    def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
        family = find(model, provider)
        return (family.openness, family.lab) if family else (UNKNOWN, None)

    return classify
