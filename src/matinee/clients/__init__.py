"""Clients of the servers that matinee talks to: its own API, Airflow and MLflow."""
