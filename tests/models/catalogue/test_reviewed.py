from __future__ import annotations

import subprocess
import sys

from agent_models.catalogue.compile import compiled, sources
from agent_models.catalogue.family import read_families
from agent_models.catalogue.reviewed import COMPILED, reviewed


def test_what_is_read_is_what_the_reviewed_files_say() -> None:
    assert COMPILED.read_bytes() == compiled(), (
        "reviewed.json is older than the YAML files beside it; make it anew: python -m agent_models.catalogue.compile"
    )
    read = [read_families(path) for path in sources()]
    assert list(reviewed().families) == [family for _, families in read for family in families]
    assert reviewed().reviewed == max(day for day, _ in read)


def test_without_a_file_of_the_users_no_yaml_is_read() -> None:
    code = "import sys; from agent_models.catalogue import Catalogue; Catalogue.load(); print('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
