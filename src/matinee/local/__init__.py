"""Run matinee natively: start its processes, watch them, stop them."""

from matinee.local.bring_up import up
from matinee.local.commands import ProcessStatus, down, logs, require_own_ports, status, supervise

__all__ = ["ProcessStatus", "down", "logs", "require_own_ports", "status", "supervise", "up"]
