"""The agents and libraries that people use, unmodified, before a running router: `make test-clients`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.real import install
from tests.clients.real.clients import CLIENTS
from tests.clients.real.trial import TASKS, Trial, trial

pytestmark = [pytest.mark.clients, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module", params=CLIENTS, ids=lambda client: client.name)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    install.ensure(request.param)
    with trial(request.param, tmp_path_factory.mktemp(request.param.name)) as made:
        yield made


@pytest.mark.parametrize("task", TASKS)
def test_task(running: Trial, task: str) -> None:
    running.run(task)
