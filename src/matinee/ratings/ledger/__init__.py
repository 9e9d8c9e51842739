"""Chunks: the ratings of one period each, and who has taken which."""
