"""Algorithms and the artifact that they become."""
