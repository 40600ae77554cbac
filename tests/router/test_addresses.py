"""Hosts and addresses, however they are spelt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.addresses import host_of, is_any, is_loopback, normal, reachable


@pytest.mark.parametrize(
    ("netloc", "host"),
    [
        ("127.0.0.1:8484", "127.0.0.1"),
        ("LocalHost", "localhost"),
        ("localhost.:8484", "localhost"),
        ("[::1]:8484", "::1"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:0:0:1]:80", "::1"),
        ("box.lan:", "box.lan"),
        ("", ""),
        ("localhost:80@evil.example", ""),
        ("localhost@evil.example", ""),
        ("localhost/evil", ""),
        ("localhost evil", ""),
        ("[::1", ""),
        ("::1", ""),
        ("localhost:port", ""),
    ],
)
def test_the_host_of_a_netloc(netloc: str, host: str) -> None:
    assert host_of(netloc) == host


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    assert not is_any(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "192.168.0.1", "localhost.evil.example", "127.0.0.1.nip.io", "127.1"]
)
def test_everything_else_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]", "0:0:0:0:0:0:0:0"])
def test_all_addresses(host: str) -> None:
    assert is_any(host)


@given(st.text())
def test_nothing_makes_them_fail(text: str) -> None:
    assert normal(normal(text)) == normal(text) or "[" in text or "." in text
    host_of(text)
    is_loopback(text)
    is_any(text)


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("[::1]", "[::1]")],
)
def test_the_address_it_shows_can_be_used(host: str, shown: str) -> None:
    assert reachable(host) == shown
