"""The user's own part of the catalogue, `catalogue.yaml` in the data folder: what counts before the reviewed files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent_models.catalogue import Access
from agent_models.catalogue.family import families_in
from agent_models.catalogue.model_name import MAX_LENGTH, read_pattern
from agent_router.errors import ConfigError
from agent_router.settings_files.place import MISSING, Item, Place, SettingsFormatError
from agent_router.settings_files.yaml_text import YamlText
from agent_router.whole_file import write_whole

NAME = "catalogue.yaml"
_FORMS = {
    "lab": (re.compile(r"[a-z0-9][a-z0-9.\-]{0,63}"), "a slug such as mistral: small letters, digits, - and ."),
    "country": (re.compile(r"[A-Z]{2}"), "two capital letters such as FR"),
    "released": (re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"), "a day, month or year such as 2026-03-05"),
}
_UNNAMED = "unknown"  # the lab of a model whose lab nobody has named; the file wants one


class OwnCatalogue:
    """That file, whose comments and other entries stay. `save` writes it.

    CatalogueError where the file is not as it has to be, with its line, and where it would not be afterwards.
    """

    def __init__(self, data: Path) -> None:
        self.path = data / NAME
        try:
            text = self.path.read_bytes().decode("utf-8-sig") if self.path.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.path} cannot be read: {error}") from None
        families_in(text, self.path)
        try:
            self._text = YamlText(text)
        except SettingsFormatError as error:
            raise ConfigError(f"{self.path}: {error}") from None

    def classify(self, model: str, access: Access, lab: str | None, **told: str | None) -> None:
        """Say what a model is; what was said of it before goes. `told`: `licence`, `released`, `country`.

        ConfigError for a name that holds no letter or digit, and for a lab, country or day of another form."""
        pattern = _pattern(model)
        for name, value in {"lab": lab, **told}.items():
            form, words = _FORMS.get(name, (None, ""))
            if form and value and not form.fullmatch(value):
                raise ConfigError(f"{value!r} cannot be the {name}: it is {words}.")
        self.remove(model)
        lab = lab or _UNNAMED
        country = told.pop("country", None)
        slug = self._free_slug(model)
        family: dict[str, Any] = {"slug": slug, "access": access, "patterns": [pattern]}
        family |= {name: value for name, value in told.items() if value}
        at: Place = ("labs", Item("lab", lab))
        try:
            if self._text.get(at) is MISSING:
                entry = {"lab": lab} | ({"country": country} if country else {})
                self._text.set(at, entry | {"families": [family]})
                return
            if country:
                self._text.set((*at, "country"), country)
            self._text.set((*at, "families", Item("slug", slug)), family)
        except SettingsFormatError as error:
            raise ConfigError(f"{self.path}: {error}") from None

    def remove(self, model: str) -> bool:
        """Take out what was said of a model by this name; whether something was."""
        words = read_pattern(_pattern(model)).words
        found = False
        for lab in self._labs():
            families = lab.get("families") or []
            at: Place = ("labs", Item("lab", str(lab["lab"])))
            left = len(families)
            for family in families:
                kept = [each for each in family["patterns"] if read_pattern(str(each)).words != words]
                if len(kept) == len(family["patterns"]):
                    continue
                found = True
                place: Place = (*at, "families", Item("slug", str(family["slug"])))
                if kept:
                    self._text.set((*place, "patterns"), kept)
                else:
                    self._text.remove(place)
                    left -= 1
            if families and not left:
                self._text.remove(at)
        if found and any(words == told for lab in self._labs() for told in _said(lab)):
            raise ConfigError(f"{self.path} says it more than once under one lab or slug; take it out there.")
        return found

    def save(self) -> None:
        """Write it, if it would then be as it has to be."""
        families_in(self._text.text, self.path)
        try:
            write_whole(self.path, self._text.text.encode())
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be written: {error.strerror}.") from None

    def _labs(self) -> list[dict[str, Any]]:
        whole = self._text.get(())
        return list((whole.get("labs") if isinstance(whole, dict) else None) or [])

    def _free_slug(self, model: str) -> str:
        base = slug = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")[:60].rstrip("-")
        taken = {str(family["slug"]) for lab in self._labs() for family in lab.get("families") or []}
        number = 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        return slug


def _said(lab: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for family in lab.get("families") or []:
        for pattern in family["patterns"]:
            yield read_pattern(str(pattern)).words


def _pattern(model: str) -> str:
    """The pattern that a name has of its own: from a part's beginning to a part's end."""
    if len(model) > MAX_LENGTH or not model.isprintable():
        raise ConfigError("That is no model's name: it is too long, or holds characters that cannot be printed.")
    pattern = f"^{model.strip()}$"
    try:
        read_pattern(pattern)
    except ValueError:
        raise ConfigError(f"{model!r} is no model's name: it holds no letter or digit.") from None
    return pattern
