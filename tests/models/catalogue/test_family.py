from __future__ import annotations

from pathlib import Path

import pytest

from agent_models.catalogue.family import CatalogueError, read_families

MINIMAL = """
labs:
  - lab: work
    families:
      - slug: house-model
        access: open
        patterns: [house-model]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "catalogue.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_user_leaves_out_stays_unstated(tmp_path: Path) -> None:
    reviewed, (family,) = read_families(write(tmp_path, MINIMAL))
    assert reviewed == ""
    assert (family.slug, family.name, family.lab, family.lab_name) == ("house-model", "house-model", "work", "work")
    assert (family.access, family.openness) == ("open", "open")
    assert (family.licence, family.country, family.released, family.source) == ("", "", "", "catalogue.yaml")


def test_values_stay_the_strings_that_were_written(tmp_path: Path) -> None:
    text = MINIMAL.replace("lab: work", "lab: work\n    country: NO").replace(
        "access: open", "access: open\n        released: 2026-03-05\n        name: 3.10"
    )
    (family,) = read_families(write(tmp_path, text))[1]
    assert (family.country, family.released, family.name) == ("NO", "2026-03-05", "3.10")


def test_an_empty_file_lists_nothing(tmp_path: Path) -> None:
    assert read_families(write(tmp_path, "")) == ("", [])


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("labs: [", 1, "not valid YAML"),
        ("labs:\n  - lab: x\n    families: {", 3, "not valid YAML"),
        ("- nonsense", 1, "object"),
        (MINIMAL.replace("access: open", "access: freeish"), 5, "access is 'freeish'; it must be one of open,"),
        (MINIMAL.replace("patterns: [house-model]", "patterns: []"), 5, "patterns"),
        (MINIMAL.replace("[house-model]", "['--']"), 5, "holds no letter or digit"),
        (MINIMAL.replace("        access: open\n", ""), 5, "access"),
        (MINIMAL.replace("access: open", "access: open\n        colour: red"), 5, "colour"),
        (MINIMAL.replace("slug: house-model", "slug: House Model"), 5, "slug"),
        (MINIMAL.replace("access: open", "access: open\n        released: last week"), 5, "released"),
        (MINIMAL.replace("lab: work", "lab: work\n    country: Norway"), 3, "country"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(CatalogueError, match=what) as caught:
        read_families(path)
    assert f"{path}, line {line}: " in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_bytes(b"labs: \xff\xfe")
    with pytest.raises(CatalogueError, match="cannot be read"):
        read_families(path)
