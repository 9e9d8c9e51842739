"""What keeps matinee from working here, found before anybody has to guess."""

from matinee.local.doctor.examine import examine

__all__ = ["examine"]
