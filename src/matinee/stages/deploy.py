"""Stage 5: have the API server serve a version."""

from matinee.clients.api import Client
from matinee.credentials import api_token
from matinee.errors import MatineeError
from matinee.lifecycle.history import History
from matinee.settings import Settings
from matinee.stages import Result


def deploy_model(settings: Settings, version: str | None = None) -> Result:
    """Have the API server serve `version`, by default the one in production; returns when every worker serves it."""
    with Client(settings.api, api_token(settings)) as client:
        swap = client.swap(version)
    if version is not None and swap.version != version:
        raise MatineeError(
            f"The API server acknowledged version {swap.version}, not {version}.", "See its log: matinee logs api."
        )
    # A server that noticed the move by itself answers that nothing changed; the history must know of it all the same.
    history = History(settings)
    before = history.last_deployed()
    if swap.version != before:
        history.record("deployed", swap.version, before, "asked for" if version else "in production")
    return swap.model_dump()
