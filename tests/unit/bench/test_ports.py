import socket
import subprocess
import sys
from collections import deque

from matinee.bench import ports


def test_a_port_that_somebody_listens_on_is_not_given(monkeypatch):
    with socket.create_server(("127.0.0.1", ports.free_port())) as listener:
        taken, free = listener.getsockname()[1], _never_given()
        monkeypatch.setattr(ports, "PORTS", [taken, free])
        assert ports.free_port() == free


def test_a_port_is_given_to_one_of_those_who_ask_although_nobody_listens_on_it_yet(monkeypatch):
    given, free = ports.free_port(), _never_given()
    monkeypatch.setattr(ports, "PORTS", [given, free])
    assert ports.free_port() == free
    asked = (
        f"from matinee.bench import ports; ports.PORTS = [{given}, {free}, {_never_given()}]; print(ports.free_port())"
    )
    elsewhere = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert int(elsewhere.stdout) not in (given, free)


def test_only_so_many_ports_are_kept_for_those_who_asked(monkeypatch):
    monkeypatch.setattr(ports, "N_PROMISED", 2)
    monkeypatch.setattr(ports, "_promised", promised := deque())
    first = ports.free_port()
    for _ in range(2):
        ports.free_port()
    monkeypatch.setattr(ports, "PORTS", [first])
    assert ports.free_port() == first
    for each in promised:
        each.close()


def _never_given() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
