"""What may still be spent at closed APIs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from agent_router.settings import Budget as Limits
from agent_telemetry.ledger_reader import sums_by_day
from agent_telemetry.sums import SUMS
from agent_telemetry.usage_record import UsageRecord

log = logging.getLogger("agent_router")

_BILLED = SUMS.index("billed")
_MICRO = 1_000_000


class Spending(NamedTuple):
    """Where a budget stands. `until`: when it begins anew."""

    state: Literal["ok", "soft", "hard"]
    reason: str = ""
    until: datetime | None = None


_FREE = Spending("ok")


class Budget:
    """Money spent today and this month, all of it and by agent. `learn` may be called on any thread.

    What a call cost is known when its row is written, a fraction of a second after it: so much may be overspent, and
    what runs at the time. Calls of unknown price count nothing.
    """

    def __init__(self, limits: Limits, today: Callable[[], date] = date.today) -> None:
        self._limits = limits
        self._today = today
        self._lock = threading.Lock()
        self._day = today()
        self._of_day = 0  # micro-dollars, as all here
        self._of_month = 0
        self._of_agents: dict[str, int] = {}

    @property
    def limited(self) -> bool:
        """Whether there is any budget."""
        limits = self._limits
        return limits.day is not None or limits.month is not None or bool(limits.agents)

    def load(self, ledger: Path) -> None:
        """Take what this month's calls in the ledger cost. One that cannot be read says nothing."""
        if not self.limited:
            return
        today = self._today()
        begin = datetime.combine(today.replace(day=1), datetime.min.time()).astimezone()
        try:
            found = sums_by_day(ledger, since=begin)
        except Exception as fault:
            log.warning("The budget begins anew: the ledger cannot be read (%s).", fault)
            return
        with self._lock:
            for item in found:
                if item.kind.route is None:  # an agent's own log told of it: it did not pass through here
                    continue
                billed = item.sums[_BILLED]
                self._of_month += billed
                if item.day == today:
                    self._of_day += billed
                    if item.kind.agent:
                        self._of_agents[item.kind.agent] = self._of_agents.get(item.kind.agent, 0) + billed

    def learn(self, rows: Iterable[UsageRecord]) -> None:
        """Take rows with their prices."""
        with self._lock:
            self._turn()
            for row in rows:
                if row.billed:
                    self._of_day += row.billed
                    self._of_month += row.billed
                    if row.agent:
                        self._of_agents[row.agent] = self._of_agents.get(row.agent, 0) + row.billed

    def spending(self, agent: str | None) -> Spending:
        """Where the budget stands that matters most for an agent's request."""
        limits = self._limits
        if not self.limited:
            return _FREE
        with self._lock:
            self._turn()
            spent = [("today's budget", self._of_day, limits.day, False)]
            spent += [("this month's budget", self._of_month, limits.month, True)]
            if agent is not None:
                spent += [
                    (f"today's budget of {agent}", self._of_agents.get(agent, 0), limits.agents.get(agent), False)
                ]
        worst = _FREE
        for name, amount, limit, monthly in spent:
            if limit is None or amount < limits.soft * limit * _MICRO:
                continue
            words = f"{name} is spent" if amount >= limit * _MICRO else f"{name} is nearly spent"
            words += f" (${amount / _MICRO:.2f} of ${limit:.2f})"
            if amount >= limit * _MICRO:
                return Spending("hard", words, self._anew(monthly=monthly))
            worst = Spending("soft", words)
        return worst

    def _turn(self) -> None:
        """A new day, a new month."""
        today = self._today()
        if today != self._day:
            if (today.year, today.month) != (self._day.year, self._day.month):
                self._of_month = 0
            self._day, self._of_day, self._of_agents = today, 0, {}

    def _anew(self, *, monthly: bool) -> datetime:
        next_day = self._day + timedelta(days=1)
        if monthly:
            next_day = (self._day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return datetime.combine(next_day, datetime.min.time()).astimezone()
