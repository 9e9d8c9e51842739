"""From a user's history to a ranked list of movies."""

from .everything import *  # noqa: F403  until the file is split
