"""What keeps matinee from working here, found before anybody has to guess."""

from matinee.local.doctor.examine import examine
from matinee.local.doctor.finding import Finding

__all__ = ["Finding", "examine"]
