"""The one declaration of what the HTTP API accepts and answers."""
