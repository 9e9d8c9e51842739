"""What the doctor looks at, running or not."""

from matinee.local.doctor.examine import examine


def test_services_that_answer_are_asked_what_they_do_and_others_are_not(own, airflow_server):
    asked = {each.what for each in examine(own.model_copy(update={"airflow_url": airflow_server.url}))}
    assert "DAGs" in asked
    assert not asked & {"registry", "served model", "parts of the API server", "background tasks"}
