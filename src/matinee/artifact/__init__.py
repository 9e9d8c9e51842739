"""The model artifact: all that a server, or anybody else, needs to know of a model. Nothing here trains."""
