"""The settings of a command, and the log lines that go with them."""

from matinee import logs
from matinee.settings import Settings, load_settings


def settings_of_command(*, any_ports: bool = False) -> Settings:
    """The settings; where programs run natively, with `any_ports` also those that do not lead to them."""
    settings = load_settings()
    logs.configure(settings.log_level)
    if not (any_ports or settings.api_url) and (settings.home / "supervisor.json").exists():
        from matinee import local

        local.require_own_ports(settings)
    return settings
