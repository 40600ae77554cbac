"""Wrong keys, counted."""

from __future__ import annotations

import pytest

from agent_dashboards import wrong_keys
from agent_dashboards.wrong_keys import MOST, WITHIN_S, WrongKeys


def test_ten_a_minute() -> None:
    now = [1000.0]
    wrong = WrongKeys(lambda: now[0])
    for i in range(MOST):
        assert wrong.wait("127.0.0.1") == 0, i
        wrong.add("127.0.0.1")
        now[0] += 1
    assert wrong.wait("127.0.0.1") == WITHIN_S - MOST
    now[0] += WITHIN_S - MOST
    assert wrong.wait("127.0.0.1") == 0
    wrong.add("127.0.0.1")
    assert wrong.wait("127.0.0.1") == 1  # the second of the ten is not yet a minute ago


@pytest.mark.parametrize(
    ("sent", "other", "same"),
    [
        ("192.168.0.9", "192.168.0.8", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "127.0.0.1", False),
        ("", "", True),
    ],
)
def test_whose_they_are(sent: str, other: str, same: bool) -> None:
    wrong = WrongKeys(lambda: 0.0)
    for _ in range(MOST):
        wrong.add(sent)
    assert (wrong.wait(other) > 0) is same


def test_it_does_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrong_keys, "_ADDRESSES", 3)
    wrong = WrongKeys(lambda: 0.0)
    for _ in range(MOST):
        wrong.add("10.0.0.1")
    for i in range(2, 4):
        wrong.add(f"10.0.0.{i}")
    wrong.add("10.0.0.1")
    wrong.add("10.0.0.4")
    assert wrong.wait("10.0.0.1") > 0
    assert len(wrong._times) == 3
