"""The page that people see, and the client of the HTTP API behind it."""
