"""The processes of the API server, and what they share."""
