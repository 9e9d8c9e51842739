"""Everything that the doctor looks at, in the order in which it matters; nothing is changed."""

from collections.abc import Mapping

from matinee.clients.schemas.findings import Finding
from matinee.doctor import pipeline
from matinee.doctor.examine import CHECKS as CHECKS_OF_HOME
from matinee.doctor.examine import examine_answers, examine_services
from matinee.doctor.finding import Check, finding_of
from matinee.local.doctor import machine
from matinee.settings import Settings

CHECKS: Mapping[str, Check] = {
    "Python": machine.check_python,
    "installation": machine.check_installation,
    "locks": machine.check_locks,
    "ports": machine.check_ports,
    "ratings": pipeline.check_ratings,
    **CHECKS_OF_HOME,
}
"""What can be looked at whether matinee runs or not."""


def examine(settings: Settings) -> list[Finding]:
    """Look at the installation, the home, the ratings, every process, and what they do."""
    found = [finding_of(what, check, settings) for what, check in CHECKS.items()]
    answering = examine_services(settings)
    well = frozenset(each.what for each in answering if each.ok)
    return [*found, *answering, *examine_answers(settings, well)]
