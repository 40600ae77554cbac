"""What an importer is: where an agent keeps its logs, and which calls one of them tells of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.usage_record import UsageRecord


class Importer(Protocol):
    """Reads one agent's logs, and never writes there.

    `name` is the agent's, lower case, as `usage` shows it, and the source of its rows; `title` is what people call it.
    """

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    def folders(self, home: Home) -> Iterable[Path]:
        """Where the logs lie, whether there are any or not: what is watched, and what `sources` names."""
        ...

    def logs(self, home: Home) -> Iterable[str]:
        """The files that may tell of calls, whether they changed or not: names are looked at, no file is opened."""
        ...

    def read(self, log: Log) -> Iterator[UsageRecord]:
        """The calls that `log` tells of since its last reading, with `log.state` as that left it.

        The same call may come several times, as it grows or in copies of a session: the row's `key` is what it has in
        each of them, and never depends on the file's path. Of two rows with one key the greater output counts, with
        the earlier time and that one's session. Tokens are in the ledger's disjoint buckets; what the log does not
        say stays None. `source` is `name`; `agent` too, unless the log says that another one made the call. `model` is
        the string that the log holds. `place` is left out unless the log itself says where the call was answered: it
        is found by `provider` and `model` for all importers alike; money is filled in afterwards as well.

        What is not a call that counts is told to `log`: `log.skipped(why)`, `log.damaged()`, `log.unknown(field)`.
        Anything raised ends this reading: what was yielded counts, the file is told of as damaged, and is read again
        when it changes.
        """
        ...
