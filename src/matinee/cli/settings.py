"""What a command begins with: its settings, its log lines, and the stores that its stages work on."""

import os
from typing import TYPE_CHECKING

from matinee import logs
from matinee.environment import load_settings
from matinee.home import keep_private
from matinee.hosts import without_proxy
from matinee.settings import Settings

if TYPE_CHECKING:
    from matinee.stages.stores import Stores


def settings_of_command(*, any_ports: bool = False) -> Settings:
    """The settings; where programs run natively, with `any_ports` also those that do not lead to them."""
    settings = load_settings()
    logs.configure(settings.log_level)
    keep_private(settings.home)
    os.environ.update(without_proxy(settings.hosts, os.environ))
    if not (any_ports or settings.api_url) and (settings.home / "supervisor.json").exists():
        from matinee.local.commands import require_own_ports

        require_own_ports(settings)
    return settings


def stores_of_command() -> "Stores":
    """The stores of the home that the settings name, built once for the whole command."""
    from matinee.stages.stores import Stores

    return Stores.of(settings_of_command())
