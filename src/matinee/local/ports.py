"""See that every port is free before anything starts."""

import errno
import ipaddress
import socket
from collections.abc import Iterable

import psutil

from matinee.errors import Refused, UsageError
from matinee.local.program import Program


def check(host: str, programs: Iterable[Program]) -> None:
    """See that `programs` can listen on `host`.

    Raises:
        UsageError: two programs are to listen on one port, or `host` is not an address of this machine.
        Refused: a port is taken, or `host` is an address that others reach.
    """
    _check_loopback(host)
    users: dict[int, Program] = {}
    for program in programs:
        if program.port is None:
            continue
        if other := users.get(program.port):
            raise UsageError(
                f"{other.name} and {program.name} are both to listen on port {program.port}.",
                f"Change {other.port_setting} or {program.port_setting}.",
            )
        users[program.port] = program
        _check_free(host, program)


def _check_loopback(host: str) -> None:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if isinstance(address, ipaddress.IPv6Address) and address.is_loopback:
        raise UsageError(
            f"MATINEE_HOST is {host}, but matinee's processes call each other by IPv4.",
            "Unset MATINEE_HOST, or set it to an address of 127.0.0.0/8.",
        )
    if address is None or not address.is_loopback:
        raise Refused(
            f"MATINEE_HOST is {host}, but Airflow and MLflow have no login, so matinee listens on loopback only.",
            "Unset MATINEE_HOST and put a proxy with a login before the ports that others may reach.",
        )


def _check_free(host: str, program: Program) -> None:
    port = program.port
    # Browsers ask `localhost` by IPv6 first, so a stranger there would answer in our place.
    for family, address in ((socket.AF_INET, host), (socket.AF_INET6, "::1")):
        error = _problem_of(family, address, port)
        if error is not None:
            raise Refused(
                f"Port {port}, which {program.name} needs, is not free ({_holder(port) or error.strerror}).",
                f"Stop what uses it, or set {program.port_setting} to another port.",
            )


def _problem_of(family: socket.AddressFamily, address: str, port: int | None) -> OSError | None:
    """Why nobody can listen there; None when one can, or when this machine has no IPv6."""
    try:
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
    except OSError as error:
        return error if family == socket.AF_INET or error.errno == errno.EADDRINUSE else None
    return None


def _holder(port: int | None) -> str:
    """Who listens on `port`, as far as we may know."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return ""
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
            try:
                return f"{psutil.Process(connection.pid).name()}, pid {connection.pid}, listens there"
            except psutil.NoSuchProcess:
                break
    return ""
