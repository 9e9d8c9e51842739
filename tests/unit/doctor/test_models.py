"""A registry without a production version or without its files, and a server that is behind, are told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from starlette.responses import PlainTextResponse

from fake_api import FakeApi, app_of, serving
from matinee import clock
from matinee.doctor import models
from matinee.errors import MatineeError
from matinee.lifecycle.history import RESTORED, History

VERSION = {"version": "2", "run_id": "r", "source": "mlflow-artifacts:/1/m/artifacts", "creation_timestamp": 0}


@pytest.fixture
def mlflow(settings):
    """Answers of MLflow by the last part of the path; what is not there is missing."""
    answers: dict[str, object] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.partition("?")[0].rsplit("/", 1)[1]
            body = json.dumps(answers.get(name, {"error_code": "RESOURCE_DOES_NOT_EXIST"})).encode()
            self.send_response(200 if name in answers else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield settings.model_copy(update={"mlflow_url": f"http://127.0.0.1:{server.server_port}"}), answers
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def api():
    """The routes of the API that a doctor asks, with metrics."""
    fake = FakeApi()
    app = app_of(fake)

    @app.get("/metrics")
    def metrics() -> PlainTextResponse:
        died = 'matinee_background_task_failures_total{task="follower"}'
        return PlainTextResponse(f"# HELP\n{died} {float(fake.outcome == 'died')}\n")

    with serving(app) as fake.url:
        yield fake


def test_a_registry_that_is_whole_is_well_and_so_is_an_empty_one(mlflow):
    settings, answers = mlflow
    answers["search"] = {}
    assert "no version" in models.check_registry(settings)
    answers |= {"search": {"model_versions": [VERSION]}, "alias": {"model_version": VERSION}, "manifest.json": {}}
    assert models.check_registry(settings) == "1 versions, version 2 in production"


def test_production_that_was_restored_is_told_with_why_until_it_moves_again(mlflow):
    settings, answers = mlflow
    answers |= {"search": {"model_versions": [VERSION]}, "alias": {"model_version": VERSION}, "manifest.json": {}}
    history = History(settings)
    history.record("promoted", "2", "1", f"{RESTORED}, because the alias is gone in MLflow.")
    assert f"since {clock.now():%Y-%m-%d}" in models.check_registry(settings)
    assert models.check_registry(settings).endswith("(Restored, because the alias is gone in MLflow)")
    history.record("promoted", "2", "2", "better")
    assert models.check_registry(settings).endswith("in production")


def test_a_registry_without_production_is_damaged(mlflow):
    settings, answers = mlflow
    answers["search"] = {"model_versions": [VERSION]}
    with pytest.raises(MatineeError, match="none is in production") as found:
        models.check_registry(settings)
    assert "matinee promote 2" in found.value.hint


def test_files_that_are_gone_are_told(mlflow):
    settings, answers = mlflow
    answers |= {"search": {"model_versions": [VERSION]}, "alias": {"model_version": VERSION}}
    with pytest.raises(MatineeError, match="files of version 2, which is in production, are gone") as found:
        models.check_registry(settings)
    assert "rollback" in found.value.hint


def test_a_server_that_serves_another_version_than_production_is_told(api, settings):
    own = settings.model_copy(update={"api_url": api.url})
    assert models.check_served(own) == "version 3, as in production"
    api.version = "2"
    with pytest.raises(MatineeError, match="serves version 2, and version 3 is in production") as found:
        models.check_served(own)
    assert "matinee deploy" in found.value.hint


def test_a_part_of_the_server_that_does_not_work_is_told(api, settings):
    own = settings.model_copy(update={"api_url": api.url})
    assert models.check_parts_of_api(own) == "every part works"
    api.problems = {"disk": "It is full."}
    with pytest.raises(MatineeError, match=r"not all of it works \(disk: It is full\)"):
        models.check_parts_of_api(own)


def test_a_background_task_that_died_is_told(api, settings):
    own = settings.model_copy(update={"api_url": api.url})
    assert "none has died" in models.check_background_tasks(own)
    api.outcome = "died"
    with pytest.raises(MatineeError, match=r"follower \(1\)") as found:
        models.check_background_tasks(own)
    assert "matinee logs api" in found.value.hint
