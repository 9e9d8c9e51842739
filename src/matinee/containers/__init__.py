"""What the containers of `compose.yaml` need besides their programs: a prepared home, databases, the first model."""
