"""Requests to MLflow are tried again where that helps, and what it says of errors is kept."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from matinee.clients import mlflow_http
from matinee.clients.mlflow_client import MlflowClient
from matinee.clients.mlflow_files import MlflowFiles
from matinee.clients.mlflow_http import MlflowError, MlflowHttp

URI = "mlflow-artifacts:/1/models/m-1/artifacts"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[httpx.Response]]:
    """What the server answers, one after the other; an exception is one on the way to it."""
    waiting: list[httpx.Response] = []

    def answer(request: httpx.Request) -> httpx.Response:
        found = waiting.pop(0)
        request.read()
        if isinstance(found, Exception):
            raise found
        found.request = request
        return found

    client, transport = httpx.Client, httpx.MockTransport(answer)
    monkeypatch.setattr(mlflow_http.httpx, "Client", lambda **more: client(**more, transport=transport))
    monkeypatch.setattr(mlflow_http, "PAUSE_S", 0)
    yield waiting
    assert waiting == []


@pytest.mark.parametrize("passing", [httpx.Response(503), httpx.ConnectError("refused")])
def test_what_failed_on_the_way_is_tried_again(answers, passing):
    answers += [passing, httpx.Response(200, json={"run": "r"})]
    assert MlflowHttp("http://mlflow").ask("GET", "/runs/get") == {"run": "r"}


def test_a_server_that_stays_away_is_an_error_after_three_tries(answers):
    answers += [httpx.ConnectError("refused")] * 3
    with pytest.raises(MlflowError, match="refused"):
        MlflowHttp("http://mlflow").ask("GET", "/runs/get")


def test_what_mlflow_refuses_is_not_tried_again_and_its_word_for_it_is_kept(answers):
    answers.append(httpx.Response(404, json={"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No such run."}))
    with pytest.raises(MlflowError, match="No such run") as caught:
        MlflowHttp("http://mlflow").ask("GET", "/runs/get")
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_an_answer_that_is_not_json_is_an_error(answers):
    answers.append(httpx.Response(200, text="<html>"))
    with pytest.raises(MlflowError, match="did not answer JSON"):
        MlflowHttp("http://mlflow").ask("GET", "/runs/get")


def test_a_metric_that_is_no_number_comes_back_as_it_was(answers):
    data = {"metrics": [{"key": "a", "value": "NaN"}, {"key": "b", "value": "-Infinity"}, {"key": "c", "value": 2}]}
    info = {"run_id": "r", "status": "FINISHED"}
    answers.append(httpx.Response(200, json={"run": {"info": info, "data": data}}))
    metrics = MlflowClient("http://mlflow").get_run("r").data.metrics
    assert (str(metrics["a"]), metrics["b"], metrics["c"]) == ("nan", float("-inf"), 2)


@pytest.mark.parametrize("passing", [httpx.Response(503), httpx.ConnectError("refused")])
def test_a_file_that_is_sent_again_is_sent_from_its_start(answers, passing, tmp_path: Path):
    (tmp_path / "arrays").write_bytes(b"abc" * 100_000)
    received = httpx.Response(200)
    answers += [passing, received]
    MlflowFiles(MlflowHttp("http://mlflow")).upload(URI, "arrays", tmp_path / "arrays")
    assert received.request.content == b"abc" * 100_000
    assert received.request.headers["Content-Length"] == "300000"


def test_a_name_that_leads_out_of_the_folder_leads_nowhere(answers, tmp_path: Path):
    answers += [
        httpx.Response(200, json={"files": [{"path": "../../outside", "is_dir": False, "file_size": 3}]}),
        httpx.Response(200, content=b"abc"),
    ]
    MlflowFiles(MlflowHttp("http://mlflow")).download(URI, tmp_path / "in" / "side")
    assert (tmp_path / "in" / "side" / "outside").read_bytes() == b"abc"


def test_files_that_are_gone_are_said_to_be_missing(answers, tmp_path: Path):
    answers.append(httpx.Response(200, json={}))
    with pytest.raises(MlflowError, match="there is no file") as caught:
        MlflowFiles(MlflowHttp("http://mlflow")).download(URI, tmp_path)
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_files_somewhere_else_are_refused_in_a_line_that_says_what_to_do(tmp_path: Path):
    with pytest.raises(MlflowError, match="--serve-artifacts"):
        MlflowFiles(MlflowHttp("http://mlflow")).download("s3://bucket/models", tmp_path)
