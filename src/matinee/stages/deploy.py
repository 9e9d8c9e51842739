"""Stage 5: have the API server serve a version."""

from matinee.clients.api import Client
from matinee.credentials import api_token
from matinee.errors import MatineeError
from matinee.stages import Result
from matinee.stages.stores import Stores


def deploy_model(stores: Stores, version: str | None = None) -> Result:
    """Have the API server serve `version`, by default the one in production; returns when every worker serves it."""
    with Client(stores.settings.api, api_token(stores.settings)) as client:
        swap = client.swap(version)
    if version is not None and swap.version != version:
        raise MatineeError(
            f"The API server acknowledged version {swap.version}, not {version}.", "See its log: matinee logs api."
        )
    # A server that noticed the move by itself answers that nothing changed; the history must know of it all the same.
    before = stores.history.last_deployed()
    if swap.version != before:
        stores.history.record("deployed", swap.version, before, "asked for" if version else "in production")
    return swap.model_dump()
