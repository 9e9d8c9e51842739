"""Requests as another site's page would send them, to a server of this machine."""

from dataclasses import dataclass
from http.client import HTTPConnection

EVIL_HOST = {"Host": "evil.example"}
EVIL_ORIGIN = {"Origin": "http://evil.example"}
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@dataclass
class Asked:
    """A server on a port of loopback."""

    port: int

    @property
    def own(self) -> dict[str, str]:
        """Headers of a page of its own."""
        return {"Origin": f"http://127.0.0.1:{self.port}"}

    def status(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> int:
        """HTTP status of an answer; by the server's own name when `headers` give no other."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=headers or {})
            return connection.getresponse().status
        finally:
            connection.close()
