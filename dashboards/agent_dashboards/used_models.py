"""The models that were used, with what the catalogue knows of them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from agent_dashboards.site import Site
from agent_models.catalogue import Access, Family
from agent_telemetry.breakdown import Row
from agent_telemetry.split import UNKNOWN
from agent_telemetry.trend import trend

# ISO 3166-1: where labs sit whose models somebody has used. A code that is missing is shown as it is.
_COUNTRIES = {
    "AE": "United Arab Emirates", "AU": "Australia", "CA": "Canada", "CH": "Switzerland", "CN": "China",
    "CZ": "Czechia", "DE": "Germany", "ES": "Spain", "FI": "Finland", "FR": "France", "GB": "United Kingdom",
    "IL": "Israel", "IN": "India", "JP": "Japan", "KR": "South Korea", "NL": "Netherlands", "PL": "Poland",
    "PT": "Portugal", "RU": "Russia", "SE": "Sweden", "SG": "Singapore", "TH": "Thailand", "TW": "Taiwan",
    "US": "United States", "ZZ": "No country",
}  # fmt: skip

ACCESS: dict[Access, str] = {
    "open": "Open weights",
    "open-restricted": "Open, restricted use",
    "open-noncommercial": "Open, non-commercial",
    "api": "Closed, API only",
    "unreleased": "Closed, unreleased",
    "unknown": UNKNOWN,
}


class UsedModel(NamedTuple):
    """A model as a provider served it. `lab` is the lab's slug; `family` None where the catalogue has none."""

    model: str
    provider: str
    openness: str
    lab: str
    family: Family | None
    row: Row

    @property
    def lab_name(self) -> str:
        """The lab's name."""
        return self.family.lab_name if self.family else self.lab

    @property
    def country(self) -> str:
        """Where the lab sits, in words; "unknown"."""
        return country(self.family.country) if self.family else UNKNOWN

    @property
    def access(self) -> str:
        """The class of openness, in words."""
        return ACCESS[self.family.access] if self.family else UNKNOWN


def used_models(site: Site, since: datetime | None = None, until: datetime | None = None) -> list[UsedModel]:
    """Those with a request from `since` on and before `until`, by the names that the ledger has.
    Raises `sqlite3.Error`."""
    found = []
    for row in trend(site.ledger, site.classify, ("model", "provider"), since=since, until=until):
        model, provider = row.keys
        openness, lab = site.classify(model, provider)
        family = site.family(model, provider)
        found.append(UsedModel(model, provider, openness, lab or UNKNOWN, family, row))
    return found


def country(code: str) -> str:
    """The name of a country by its code."""
    return _COUNTRIES.get(code, code) or UNKNOWN
