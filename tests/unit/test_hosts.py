"""Which requests are answered: those for known hosts, and of no other site's pages."""

import asyncio

import pytest

from matinee.hosts import KnownHosts, refusal
from matinee.settings import Settings

HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "movies.example"})


def headers(host=None, origin=None):
    given = {b"host": host, b"origin": origin}
    return {name: value.encode("latin-1") for name, value in given.items() if value is not None}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "movies.example:443"])
def test_a_request_for_a_known_host_is_answered_whatever_the_port(host):
    assert refusal(headers(host), HOSTS) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "localhost.evil.example", "evil.example#localhost", "", None, "[", "é"],
)
def test_a_request_for_another_host_is_misdirected(host):
    status, reason = refusal(headers(host), HOSTS)
    assert status == 421
    assert repr(host or "") in reason


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost.evil.example:80", "null", ""])
def test_a_page_of_another_site_is_refused(origin):
    assert refusal(headers("localhost", origin), HOSTS)[0] == 403


def test_pages_of_known_hosts_and_of_named_origins_are_answered():
    assert refusal(headers("localhost", "http://127.0.0.1:8501"), HOSTS) is None
    assert refusal(headers("localhost", "https://movies.example"), HOSTS) is None
    assert refusal(headers("localhost", "https://other.example"), HOSTS, ["https://other.example"]) is None


def test_with_a_star_every_host_and_origin_is_answered():
    assert refusal(headers("evil.example", "http://evil.example"), {"*"}) is None


def test_the_known_hosts_are_loopback_those_of_the_urls_and_those_of_the_setting():
    settings = Settings(
        _env_file=None,
        host="0.0.0.0",  # noqa: S104  as in a container; nothing listens here
        api_url="http://api:8000",
        airflow_public_url="https://Airflow.example/base",
        allowed_hosts=" movies.example, [fd00::1] ,",
    )
    own = {"api", "airflow.example", "movies.example", "fd00::1"}
    assert settings.hosts == {"localhost", "127.0.0.1", "::1"} | own


def answered(scope):
    """What a wrapped application sends to a connection: its own mark, or a refusal."""
    sent = []

    async def app(_scope, _receive, send):
        await send({"type": "mark"})

    async def send(message):
        sent.append(message)

    asyncio.run(KnownHosts(app, HOSTS, exempt=("/health",))(scope, None, send))
    return sent


def test_health_checks_and_the_start_of_a_server_are_not_refused():
    evil = [(b"host", b"evil.example")]
    assert answered({"type": "lifespan"}) == [{"type": "mark"}]
    assert answered({"type": "http", "path": "/health", "headers": evil}) == [{"type": "mark"}]
    assert answered({"type": "http", "path": "/health/x", "headers": evil})[0]["status"] == 421


def test_a_websocket_is_refused_before_it_is_accepted():
    scope = {"type": "websocket", "path": "/stream", "headers": [(b"host", b"evil.example")]}
    assert answered(scope) == [{"type": "websocket.close", "code": 1008}]
    assert answered(scope | {"headers": [(b"host", b"localhost")]}) == [{"type": "mark"}]


def test_a_refusal_says_which_setting_to_change():
    *_, body = answered({"type": "http", "path": "/", "headers": [(b"host", b"evil.example")]})
    assert b"MATINEE_ALLOWED_HOSTS" in body["body"]
