import socket

from matinee.bench import ports


def test_a_port_that_somebody_listens_on_is_not_given(monkeypatch):
    with socket.create_server(("127.0.0.1", ports.free_port())) as listener:
        taken, free = listener.getsockname()[1], ports.free_port()
        monkeypatch.setattr(ports, "PORTS", [taken, free])
        assert {ports.free_port() for _ in range(20)} == {free}
