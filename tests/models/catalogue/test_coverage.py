from __future__ import annotations

import pytest

from agent_models.catalogue import Catalogue
from tests.models.catalogue.coverage import PAGE, PRICES, names, page, unresolved


@pytest.mark.parametrize("title", names())
def test_at_least_97_percent_of_each_list_have_a_lab_and_a_class(title: str) -> None:
    listed = names()[title]
    missing = unresolved(Catalogue.load(), listed)
    assert len(listed) > 700
    assert len(missing) / len(listed) <= 0.03, missing


def test_the_page_says_what_is_so() -> None:
    text = PAGE.read_text(encoding="utf-8")
    if PRICES not in text:
        pytest.skip(f"the page was written with another list than {PRICES}")
    assert text == page(), "write it anew: python -m tests.models.catalogue.coverage"
