"""Ports and the host are checked before anything starts."""

import os
import socket

import pytest

from matinee.errors import Refused, UsageError
from matinee.local import ports
from matinee.local.program import Program


def listening(name: str, port: int) -> Program:
    return Program(name, ("true",), port=port, port_setting=f"MATINEE_{name.upper()}_PORT")


def test_a_taken_port_names_who_has_it_and_the_setting():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refused) as refused:
            ports.check("127.0.0.1", [listening("mlflow", port)])
    assert f"Port {port}, which mlflow needs" in refused.value.message
    assert f"pid {os.getpid()}" in refused.value.message
    assert "MATINEE_MLFLOW_PORT" in refused.value.hint


def test_two_programs_cannot_have_one_port():
    with pytest.raises(UsageError, match="api and ui are both to listen on port 4000"):
        ports.check("127.0.0.1", [listening("api", 4000), listening("ui", 4000)])


def test_free_ports_are_fine():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ports.check("127.0.0.1", [listening("api", port), Program("scheduler", ("true",))])


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_a_port_that_somebody_has_by_ipv6_alone_is_taken():
    with socket.socket(socket.AF_INET6) as taken:
        try:
            taken.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 on loopback")
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"Port {port}, which mlflow needs, is not free .*pid {os.getpid()}"):
            ports.check("127.0.0.1", [listening("mlflow", port)])


def test_loopback_of_ipv6_is_refused_with_what_to_do():
    with pytest.raises(UsageError, match=r"MATINEE_HOST is ::1, but .* IPv4") as refused:
        ports.check("::1", [])
    assert "Unset MATINEE_HOST" in refused.value.hint


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "example.org"])  # noqa: S104 (what must be refused)
def test_an_address_that_others_reach_is_refused(host):
    with pytest.raises(Refused, match="MATINEE_HOST"):
        ports.check(host, [])
