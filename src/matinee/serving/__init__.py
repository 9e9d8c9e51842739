"""The API server: answers over HTTP from one model in memory, and changes that model while it answers."""
