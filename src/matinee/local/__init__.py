"""Run matinee natively: start its processes, watch them, stop them."""

from matinee.local.commands import ProcessStatus, down, logs, status, supervise
from matinee.local.up import up

__all__ = ["ProcessStatus", "down", "logs", "status", "supervise", "up"]
