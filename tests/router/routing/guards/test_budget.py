"""Budgets: soft, hard, by agent, anew each day and month."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from agent_router.routing.guards.budget import Budget
from agent_router.settings import Budget as Limits
from agent_telemetry.ledger import Ledger
from agent_telemetry.usage_record import UsageRecord

DOLLAR = 1_000_000


class Clock:
    def __init__(self, today: date = date(2026, 11, 27)) -> None:
        self.today = today

    def __call__(self) -> date:
        return self.today


def cost(dollars: float, agent: str | None = "aider") -> UsageRecord:
    return UsageRecord(
        source="proxy", key="k", time=datetime.now(UTC), agent=agent, route="closed", billed=int(dollars * DOLLAR)
    )


def test_without_limits_nothing_is_spent() -> None:
    budget = Budget(Limits())
    budget.learn([cost(1e6)])
    assert budget.spending("aider").state == "ok"
    assert not budget.limited


def test_it_is_soft_then_hard() -> None:
    budget = Budget(Limits(day=10), Clock())
    budget.learn([cost(7.9)])
    assert budget.spending(None).state == "ok"
    budget.learn([cost(0.2)])
    assert budget.spending(None) == ("soft", "today's budget is nearly spent ($8.10 of $10.00)", None)
    budget.learn([cost(2)])
    spending = budget.spending(None)
    assert (spending.state, spending.reason) == ("hard", "today's budget is spent ($10.10 of $10.00)")
    assert spending.until is not None
    assert spending.until.date() == date(2026, 11, 28)


def test_a_day_and_a_month_begin_anew() -> None:
    clock = Clock()
    budget = Budget(Limits(day=10, month=15), clock)
    budget.learn([cost(12)])
    assert budget.spending(None).state == "hard"
    clock.today = date(2026, 11, 28)
    assert budget.spending(None).state == "soft"  # the month's
    budget.learn([cost(4)])
    spending = budget.spending(None)
    assert (spending.state, spending.until and spending.until.date()) == ("hard", date(2026, 12, 1))
    clock.today = date(2026, 12, 1)
    assert budget.spending(None).state == "ok"


def test_agents_have_their_own() -> None:
    budget = Budget(Limits(agents={"openclaw": 1}), Clock())
    budget.learn([cost(2, "openclaw"), cost(50, "aider"), cost(50, None)])
    assert budget.spending("openclaw").state == "hard"
    assert budget.spending("aider").state == budget.spending(None).state == "ok"


def test_what_has_no_price_costs_nothing_known() -> None:
    budget = Budget(Limits(day=1), Clock())
    budget.learn([UsageRecord(source="proxy", key="k", time=datetime.now(UTC))])
    assert budget.spending(None).state == "ok"


def test_it_begins_with_what_the_ledger_holds(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    ledger.record(cost(9))
    ledger.record(UsageRecord(source="claude", key="l", time=datetime.now(UTC), agent="claude", billed=500 * DOLLAR))
    ledger.close()
    budget = Budget(Limits(day=10, month=100, agents={"aider": 9}))
    budget.load(tmp_path / "ledger.sqlite3")
    assert budget.spending(None).state == "soft"
    assert budget.spending("aider").state == "hard"


def test_a_ledger_that_is_none_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").write_text("no database")
    budget = Budget(Limits(day=10))
    budget.load(tmp_path / "ledger.sqlite3")
    assert budget.spending(None).state == "ok"
