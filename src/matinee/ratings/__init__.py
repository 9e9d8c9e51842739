"""Ratings: where they come from, which of them are usable, the chunks they arrive in, and what people rate live."""
