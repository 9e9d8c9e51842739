"""Which requests a server answers: those for a host it is known by, and of no other site's pages.

A page of some site can have its own name resolve to 127.0.0.1 ("DNS rebinding"), and is then, for the browser, of the
same origin as a server on this machine. The `Host` header still carries that name, so a server that answers only for
names it knows is out of reach. The `Origin` header tells which site a page comes from that calls by the right name.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ANY = "*"
"""Among known hosts: every host is."""

HINT = "Add it to MATINEE_ALLOWED_HOSTS if this server is meant to have that name."


def refusal(
    headers: Mapping[bytes, bytes], hosts: Collection[str], origins: Collection[str] = ()
) -> tuple[int, str] | None:
    """HTTP status and reason with which to refuse a request; None when it is to be answered.

    Args:
        headers: of the request, names in lower case.
        hosts: names by which the server may be called, in lower case and without ports.
        origins: web origins whose pages may call it besides those of its own hosts.
    """
    if ANY in hosts:
        return None
    called = headers.get(b"host", b"").decode("latin-1")
    if _name(f"//{called}") not in hosts:
        return 421, f"This server is not called {called!r}."
    origin = headers.get(b"origin")
    if origin is None or (text := origin.decode("latin-1")) in origins or _name(text) in hosts:
        return None
    return 403, f"Pages of {text!r} may not use this server."


class KnownHosts:
    """ASGI middleware that answers for known hosts only, over HTTP and WebSocket, in plain text; see `refusal`."""

    def __init__(self, app: App, hosts: Collection[str], exempt: Collection[str] = ()) -> None:
        """Wrap `app`; the paths `exempt`, of health checks, are answered by any name."""
        self._app = app
        self._hosts = hosts
        self._exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        is_checked = scope["type"] in ("http", "websocket") and scope["path"] not in self._exempt
        refused = refusal(dict(scope["headers"]), self._hosts) if is_checked else None
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: HTTP 403
        else:
            status, reason = refused
            content_type = (b"content-type", b"text/plain; charset=utf-8")
            await send({"type": "http.response.start", "status": status, "headers": [content_type]})
            await send({"type": "http.response.body", "body": f"{reason} {HINT}\n".encode()})


def without_proxy(hosts: Collection[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Variables with which a process of `environment` reaches our own servers directly, whatever proxy its user has."""
    given = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    exceptions = [*filter(None, given.split(",")), *sorted(hosts)]
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(dict.fromkeys(exceptions)))


@lru_cache(256)
def _name(url: str) -> str | None:
    """The host of a URL; None when it has none. Nearly all requests come by the same few."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
