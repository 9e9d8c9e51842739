"""Somebody's own history from other services: read, and matched with the catalogue."""
