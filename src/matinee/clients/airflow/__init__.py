"""The client of Airflow's REST API, version 2: trigger a run, follow it, and see what it caused."""

from matinee.clients.airflow.client import Airflow

__all__ = ["Airflow"]
