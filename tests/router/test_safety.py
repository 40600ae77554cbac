"""The gate: Host, Origin, and the API key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.errors import ApiError, ConfigError
from agent_router.safety import Gate
from agent_router.settings import Server

HOST = {b"host": b"127.0.0.1:8484"}


def refusal(gate: Gate, headers: dict[bytes, bytes], path: str = "/v1/models") -> tuple[int, str | None] | None:
    try:
        gate.check(path, headers)
    except ApiError as error:
        return error.status, error.code
    return None


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> Gate:
    monkeypatch.setenv("MY_KEY", " s3cret-ключ\n")
    return Gate(Server(api_key_env="MY_KEY"))


@pytest.mark.parametrize(
    "host",
    [
        *(b"127.0.0.1:8484", b"127.0.0.1", b"localhost:1", b"LOCALHOST:8484", b"localhost.", b"[::1]:8484"),
        *(b"[0:0:0:0:0:0:0:1]", b"127.0.0.7:8484"),
    ],
)
def test_loopback_names_are_served(host: bytes) -> None:
    assert refusal(Gate(Server()), {b"host": host}) is None


@pytest.mark.parametrize(
    "host",
    [
        *(b"evil.example", b"localhost.evil.example", b"127.0.0.1.nip.io:8484", b"192.168.0.9", b"", b"0.0.0.0:8484"),
        *(b"localhost:80@evil.example", b"[::1", b"\xff\xfe", b"local host"),
    ],
)
def test_foreign_host_names_are_not(host: bytes) -> None:
    assert refusal(Gate(Server()), {b"host": host}) == (403, "host_not_allowed")


def test_a_request_without_a_host_is_refused() -> None:
    assert refusal(Gate(Server()), {}) == (403, "host_not_allowed")


def test_hosts_that_the_user_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(Server(allowed_hosts=["Box.LAN:8484", "fd00:0::5"]))
    assert refusal(gate, {b"host": b"box.lan:8484"}) is None
    assert refusal(gate, {b"host": b"[fd00::5]:1"}) is None
    assert refusal(gate, {b"host": b"box.lan.evil.example"}) is not None


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({b"origin": b"http://localhost:3000"}, True),
        ({b"origin": b"http://127.0.0.1:8484"}, True),
        ({b"origin": b"http://[::1]:8484"}, True),
        ({b"origin": b"https://evil.example"}, False),
        ({b"origin": b"null"}, False),
        ({b"origin": b""}, False),
        ({b"origin": b"file://"}, False),
        ({b"origin": b"chrome-extension://abcdefghijklmnop"}, False),
        ({b"origin": b"http://localhost:80@evil.example"}, False),
        ({b"origin": b"http://localhost.evil.example"}, False),
        ({b"origin": b"http://[::1"}, False),
        ({b"origin": b"http://\xff"}, False),
        ({b"sec-fetch-site": b"cross-site"}, False),
        ({b"sec-fetch-site": b" Cross-Site"}, False),
        ({b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"no-cors", b"sec-fetch-dest": b"image"}, False),
        ({b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"navigate", b"sec-fetch-dest": b"iframe"}, False),
        # A link on another page to ours.
        ({b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"navigate", b"sec-fetch-dest": b"document"}, True),
        # A form on another page.
        (
            {
                b"origin": b"https://evil.example",
                b"sec-fetch-site": b"cross-site",
                b"sec-fetch-mode": b"navigate",
                b"sec-fetch-dest": b"document",
            },
            False,
        ),
        ({b"sec-fetch-site": b"same-origin"}, True),
        ({b"sec-fetch-site": b"none"}, True),
    ],
)
def test_pages_of_other_sites_are_kept_out(headers: dict[bytes, bytes], passes: bool) -> None:
    assert refusal(Gate(Server()), HOST | headers) == (None if passes else (403, "cross_site"))


@pytest.mark.parametrize(
    "headers",
    [
        {b"authorization": "Bearer s3cret-ключ".encode()},
        {b"authorization": "bearer   s3cret-ключ ".encode()},
        {b"x-api-key": "s3cret-ключ".encode()},
        {b"authorization": b"Bearer something-else", b"x-api-key": "s3cret-ключ".encode()},
        {b"authorization": b"Basic abc", b"x-api-key": "s3cret-ключ".encode()},
    ],
)
def test_the_key_opens(keyed: Gate, headers: dict[bytes, bytes]) -> None:
    assert refusal(keyed, HOST | headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {b"authorization": b""},
        {b"authorization": b"Bearer"},
        {b"authorization": b"Bearer wrong"},
        {b"authorization": "s3cret-ключ".encode()},
        {b"authorization": "Basic s3cret-ключ".encode()},
        {b"authorization": "Bearer s3cret-ключ2".encode()},
        {b"x-api-key": b"\xff"},
    ],
)
def test_anything_else_does_not(keyed: Gate, headers: dict[bytes, bytes]) -> None:
    assert refusal(keyed, HOST | headers) == (401, "invalid_api_key")


def test_health_is_open_but_only_under_the_own_name(keyed: Gate) -> None:
    assert refusal(keyed, HOST, "/healthz") is None
    assert refusal(keyed, HOST, "/healthz/x") == (401, "invalid_api_key")
    assert refusal(keyed, {b"host": b"evil.example"}, "/healthz") == (403, "host_not_allowed")


def test_the_key_does_not_open_for_other_sites(keyed: Gate) -> None:
    headers = HOST | {b"origin": b"https://evil.example", b"x-api-key": "s3cret-ключ".encode()}
    assert refusal(keyed, headers) == (403, "cross_site")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.9", "box.lan", "127.1", "*"])
def test_whoever_listens_beyond_loopback_needs_a_key(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="Set api_key_env"):
        Gate(Server(host=host))
    monkeypatch.setenv("MY_KEY", "k")
    Gate(Server(host=host, api_key_env="MY_KEY"))


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_key_that_is_named_but_not_set(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(ConfigError, match="MY_KEY, which is not set"):
        Gate(Server(api_key_env="MY_KEY"))


def test_bound_to_all_addresses_any_name_is_served_and_its_own_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "k")
    gate = Gate(Server(host="0.0.0.0", api_key_env="MY_KEY"))
    own = {b"host": b"192.168.0.9:8484", b"x-api-key": b"k"}
    assert refusal(gate, own) is None
    assert refusal(gate, own | {b"origin": b"http://192.168.0.9:8484"}) is None
    assert refusal(gate, own | {b"origin": b"http://192.168.0.8:8484"}) == (403, "cross_site")
    assert refusal(gate, {b"host": b"192.168.0.9:8484"}) == (401, "invalid_api_key")
    named = Gate(Server(host="0.0.0.0", api_key_env="MY_KEY", allowed_hosts=["box.lan"]))
    assert refusal(named, own) == (403, "host_not_allowed")


@given(
    st.dictionaries(
        st.sampled_from([b"host", b"origin", b"authorization", b"x-api-key", b"sec-fetch-site"]), st.binary()
    )
)
def test_no_header_makes_the_gate_fail_or_open(headers: dict[bytes, bytes]) -> None:
    found = refusal(Gate(Server()), headers)
    assert found in (None, (403, "host_not_allowed"), (403, "cross_site"))
    if not headers.get(b"host"):
        assert found is not None
