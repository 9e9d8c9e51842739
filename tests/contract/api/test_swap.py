"""Changing the model while it answers: what a swap does, and that whatever goes wrong leaves the old model serving."""

import json
import resource
import shutil
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.contract.api.conftest import serving

from matinee import artifact
from matinee.clients import mlflow_rest
from matinee.errors import UsageError
from matinee.ranking import Filters
from matinee.serving import app
from matinee.serving.app import create_app
from matinee.serving.model.served import ServedModel


def folders(settings) -> list[str]:
    """What lies in the folder of served models."""
    return sorted(path.name for path in (settings.home / "serving").iterdir())


def pointer(settings) -> dict:
    return json.loads((settings.home / "serving" / "deployed.json").read_bytes())


def rewrite_manifest(mlflow, version: int, **changes: object) -> None:
    path = mlflow.file(version, artifact.MANIFEST)
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def replace_arrays(mlflow, version: int, **changes: np.ndarray) -> None:
    """Other arrays under a manifest that vouches for the file, as a faulty trainer would write them."""
    path = mlflow.file(version, artifact.ARRAYS)
    arrays = load_file(path) | changes
    save_file(arrays, path)
    files = json.loads(mlflow.file(version, artifact.MANIFEST).read_text())["files"]
    rewrite_manifest(mlflow, version, files=files | {artifact.ARRAYS: artifact.sha256(path)})


def test_the_model_tells_where_it_comes_from(api, learned):
    model = api.get("/v1/model").json()
    assert model.pop("loaded_at") > model["trained_at"]
    assert model == {
        "name": "movie-recommender",
        "version": "1",
        "run_id": "run-1",
        "algorithm": "als",
        "chunk_id": 1,
        "data_through": "2020-02-01T00:00:00Z",
        "trained_at": learned.manifest.trained_at.isoformat().replace("+00:00", "Z"),
        "metrics": {"ndcg_at_10": 0.1},
        "policy": "learned",
        "rating_scale": {"lowest": 0.5, "highest": 5.0, "step": 0.5},
    }


def test_a_swap_without_a_body_serves_production(api, mlflow):
    mlflow.register(2)
    answer = api.swap()
    assert answer.status_code == 200
    swap = answer.json()
    assert swap.pop("duration_s") > 0
    assert swap == {"version": "2", "previous_version": "1", "workers": 1}
    assert api.recommend("u1")["model_version"] == "2"
    assert api.get("/v1/model").json()["chunk_id"] == 2


@pytest.mark.parametrize("version", [2, "2"])
def test_a_swap_serves_a_version_by_its_number(api, mlflow, version):
    mlflow.register(2, produce=False)
    assert api.swap(version).json()["version"] == "2"
    assert api.served_version() == "2"


def test_the_version_that_is_served_already_is_not_fetched_again(api, mlflow):
    before = len(mlflow.downloads())
    answer = api.swap()
    assert (answer.status_code, answer.json()["version"], answer.json()["previous_version"]) == (200, "1", "1")
    assert len(mlflow.downloads()) == before


def test_going_back_needs_no_download(api, mlflow, settings):
    mlflow.register(2)
    api.swap()
    before = len(mlflow.downloads())
    swap = api.swap(1).json()
    assert (swap["version"], swap["previous_version"]) == ("1", "2")
    assert len(mlflow.downloads()) == before
    assert pointer(settings)["version"] == "1"


def test_going_back_to_a_damaged_copy_fetches_it_again(api, mlflow, settings):
    mlflow.register(2)
    api.swap()
    (settings.home / "serving" / "1" / artifact.ARRAYS).write_bytes(b"damaged")
    assert api.swap(1).status_code == 200
    assert api.recommend("u1")["model_version"] == "1"
    assert artifact.load(settings.home / "serving" / "1").manifest.chunk_id == 1


@pytest.mark.parametrize("deleted", ["", "1"], ids=["everything", "version"])
def test_the_served_version_is_stored_again_when_somebody_has_deleted_it(api, mlflow, start, settings, deleted):
    shutil.rmtree(settings.home / "serving" / deleted)
    assert api.swap().status_code == 200
    assert folders(settings) == ["1", "deployed.json"]
    mlflow.broken_status = 503
    assert start().served_version() == "1"


def test_a_registry_that_was_set_up_anew_is_not_mistaken_for_the_old_one(api, mlflow):
    shutil.rmtree(mlflow.folder)
    mlflow.register(1)
    mlflow.versions["1"]["run_id"] = "run-of-the-new-registry"
    assert api.swap(1).status_code == 200
    assert api.recommend("u1")["run_id"] == "run-of-the-new-registry"


def test_the_last_three_versions_stay_on_disk(api, mlflow, settings):
    for version in range(2, 6):
        mlflow.register(version)
        api.swap()
    assert folders(settings) == ["3", "4", "5", "deployed.json"]
    assert pointer(settings)["recent"] == ["5", "4", "3"]


def test_a_deleted_run_has_no_metrics(api, mlflow):
    mlflow.register(2)
    mlflow.metrics.clear()
    assert api.swap().status_code == 200
    assert api.get("/v1/model").json()["metrics"] == {}


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", "Basic dTpw", "Bearer tökèn"])
def test_only_the_owner_of_the_token_swaps(api, mlflow, header):
    mlflow.register(2)
    answer = api.post("/v1/model", headers={} if header is None else {"Authorization": header.encode()})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert api.served_version() == "1"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic dTpw"}])
def test_a_server_without_a_token_lets_nobody_in(start, monkeypatch, headers):
    monkeypatch.setattr(app, "api_token", lambda _: "")
    assert start().post("/v1/model", headers=headers).status_code == 401


def test_the_token_is_in_no_log_and_no_answer(api, capfd):
    answer = api.swap("no-version")
    written = "".join(capfd.readouterr()) + answer.text + api.get("/metrics").text + api.get("/openapi.json").text
    assert "token-of-these-tests" not in written


@pytest.fixture
def refused_swap(api, settings):
    """Asks for a version, and checks that the server goes on with version 1 as if nothing had been."""

    def swap(status: int, version: int | str | None = None) -> dict:
        before = api.recommend("u2")["items"]
        answer = api.swap(version)
        problem = answer.json()
        assert (answer.status_code, problem["status"]) == (status, status)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert api.recommend("u2")["items"] == before
        assert api.served_version() == pointer(settings)["version"] == "1"
        assert folders(settings) == ["1", "deployed.json"]
        return problem

    return swap


@pytest.mark.parametrize("version", [99, "abc", "../1", "0", "1.0", "9" * 30])
def test_a_version_that_does_not_exist_is_not_found(refused_swap, version):
    assert str(version) in refused_swap(404, version)["detail"]


def test_no_version_in_production_is_not_found(refused_swap, mlflow):
    mlflow.production = None
    assert refused_swap(404)["detail"] == "No version is in production."


@pytest.mark.parametrize("body", [{"version": None, "force": True}, {"version": [1]}, {"version": ""}, [], "2"])
def test_a_wish_that_cannot_be_read_is_a_problem(api, body):
    answer = api.post("/v1/model", json=body, headers={"Authorization": "Bearer token-of-these-tests"})
    assert answer.status_code == 422


def test_a_damaged_file_is_refused(refused_swap, mlflow):
    mlflow.register(2)
    path = mlflow.file(2, artifact.ARRAYS)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert "SHA-256" in refused_swap(422)["detail"]


def test_numbers_that_are_none_are_refused(refused_swap, mlflow):
    mlflow.register(2)
    replace_arrays(mlflow, 2, item_factors=np.full((40, 4), np.nan, np.float32))
    assert "NaN" in refused_swap(422)["detail"]


def test_a_wrong_shape_is_refused(refused_swap, mlflow):
    mlflow.register(2)
    replace_arrays(mlflow, 2, item_factors=np.ones((39, 4), np.float32))
    assert "item_factors" in refused_swap(422)["detail"]


def test_a_format_of_the_future_is_refused(refused_swap, mlflow):
    mlflow.register(2)
    rewrite_manifest(mlflow, 2, format_version=99)
    assert "format version 99" in refused_swap(422)["detail"]


@pytest.mark.parametrize("name", [artifact.MANIFEST, artifact.ARRAYS, artifact.MOVIES])
def test_a_missing_file_is_refused(refused_swap, mlflow, name):
    mlflow.register(2)
    mlflow.file(2, name).unlink()
    assert name in refused_swap(422)["detail"]


def test_a_version_with_files_elsewhere_is_refused(refused_swap, mlflow):
    mlflow.register(2)
    mlflow.versions["2"]["source"] = "s3://bucket/model"
    assert "s3://bucket/model" in refused_swap(422)["detail"]


def test_a_connection_that_breaks_while_downloading_is_no_model(refused_swap, mlflow):
    mlflow.register(2)
    mlflow.cut_short = True
    refused_swap(503)


def test_mlflow_behind_a_password_is_told_it_and_nobody_else_is(start_with, mlflow):
    api = start_with(mlflow_url=mlflow.url.replace("//", "//ana:p%40ss@"))
    mlflow.register(2)
    mlflow.credentials.clear()
    assert api.swap().status_code == 200
    assert mlflow.credentials == {"Basic " + b64encode(b"ana:p@ss").decode()}
    mlflow.register(3)
    mlflow.broken_status = 500
    answer = api.swap()
    assert answer.status_code == 503
    assert mlflow.url in answer.text
    assert "p%40ss" not in answer.text


@pytest.mark.parametrize("status", [200, 404, 500, 502])
def test_answers_that_are_not_those_of_mlflow_are_a_failure_of_mlflow(refused_swap, mlflow, status):
    mlflow.register(2)
    mlflow.broken_status = status
    assert mlflow.url in refused_swap(503)["detail"]


def test_mlflow_that_does_not_answer_in_time_is_given_up(start, mlflow, settings):
    mlflow.register(1)
    api = start(mlflow_timeout_s=0.2)
    api.wait_for(lambda: api.served_version() == "1")
    mlflow.register(2)
    mlflow.delay_s = 1
    assert api.swap().status_code == 503
    assert api.served_version() == "1"
    assert folders(settings) == ["1", "deployed.json"]


def test_mlflow_that_answers_drop_by_drop_is_given_up(refused_swap, mlflow, monkeypatch):
    mlflow.register(2)
    mlflow.delay_s = 0.15
    monkeypatch.setattr(mlflow_rest, "TOTAL_TIMEOUT_S", 0.4)
    assert "longer than" in refused_swap(503)["detail"]


@contextmanager
def a_full_disk():
    """No file may grow beyond a kilobyte."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_and_changes_nothing(api, mlflow, settings):
    mlflow.register(2)
    with a_full_disk():
        answer = api.swap()
    assert answer.status_code == 503
    assert answer.json()["hint"].startswith("Free some space")
    assert api.served_version() == pointer(settings)["version"] == "1"
    assert folders(settings) == ["1", "deployed.json"]
    assert api.swap().status_code == 200


def test_after_a_failure_the_next_swap_succeeds(api, mlflow):
    mlflow.register(2)
    mlflow.broken_status = 500
    assert api.swap().status_code == 503
    mlflow.broken_status = None
    assert api.swap().status_code == 200


def test_swaps_at_the_same_time_happen_one_after_the_other(api, mlflow, settings):
    for version in (2, 3, 4):
        mlflow.register(version, produce=False)
    with ThreadPoolExecutor(3) as pool:
        answers = [answer.json() for answer in pool.map(api.swap, (2, 3, 4))]
    became = {answer["previous_version"]: answer["version"] for answer in answers}
    order = [became["1"]]
    while order[-1] in became:
        order.append(became[order[-1]])
    assert sorted(order) == ["2", "3", "4"]
    assert api.served_version() == order[-1] == pointer(settings)["version"]


def test_requests_during_twenty_swaps_never_fail_and_never_mix_two_models(api, mlflow):
    for version in (2, 3, 4):
        mlflow.register(version, produce=False)
    expected = {}
    for version in (1, 2, 3, 4):
        api.swap(version)
        expected[str(version)] = api.recommend("u3")["items"]
    answers, swapping = [], threading.Event()

    def ask() -> None:
        while not swapping.is_set():
            answers.append(api.get("/v1/users/u3/recommendations"))

    with ThreadPoolExecutor(2) as pool:
        askers = [pool.submit(ask) for _ in range(2)]
        swaps = [api.swap(version % 4 + 1).status_code for version in range(20)]
        swapping.set()
        for asker in askers:
            asker.result()
    assert swaps == [200] * 20
    assert {answer.status_code for answer in answers} == {200}
    contents = [answer.json() for answer in answers]
    assert {content["model_version"] for content in contents} == set(expected)
    for content in contents:
        assert content["run_id"] == f"run-{content['model_version']}"
        assert content["items"] == expected[content["model_version"]]


def test_a_new_model_answers_what_people_ask_before_it_is_served(api, mlflow, monkeypatch):
    api.rate("u4", "m7")
    api.recommend("u4", k=7, genre="Comedy")
    api.recommend("u1", exclude_seen=False)
    mlflow.register(2)
    asked = []
    rank = ServedModel.rank

    def listening(model, requests):
        asked.extend(
            (model.version, each.user.user_index is None, each.k, each.filters, each.exclude_seen, each.reasons)
            for each in requests
        )
        return rank(model, requests)

    monkeypatch.setattr(ServedModel, "rank", listening)
    assert api.swap().status_code == 200
    assert ("2", True, 7, Filters(("Comedy",)), True, True) in asked
    assert ("2", False, 10, Filters(), False, True) in asked
    assert {version for version, *_ in asked} == {"2"}


def test_a_model_that_cannot_answer_what_people_ask_is_refused(refused_swap, mlflow, monkeypatch):
    mlflow.register(2)
    rank = ServedModel.rank

    def failing(model, requests):
        if model.version == "2":
            raise IndexError("out of bounds")
        return rank(model, requests)

    monkeypatch.setattr(ServedModel, "rank", failing)
    assert "out of bounds" in refused_swap(500)["detail"]


def test_an_artifact_without_golden_requests_as_the_first_ones_is_served(api, mlflow):
    mlflow.register(2)
    manifest = json.loads(mlflow.file(2, artifact.MANIFEST).read_text())
    rewrite_manifest(mlflow, 2, files={name: sha for name, sha in manifest["files"].items() if name != artifact.GOLDEN})
    mlflow.file(2, artifact.GOLDEN).unlink()
    assert api.swap().status_code == 200
    assert api.served_version() == "2"


def test_a_file_that_ends_early_under_a_manifest_that_vouches_for_it_is_refused(refused_swap, mlflow):
    mlflow.register(2)
    path = mlflow.file(2, artifact.ARRAYS)
    path.write_bytes(path.read_bytes()[:-8])
    files = json.loads(mlflow.file(2, artifact.MANIFEST).read_text())["files"]
    rewrite_manifest(mlflow, 2, files=files | {artifact.ARRAYS: artifact.sha256(path)})
    assert "cannot be read" in refused_swap(422)["detail"]


def test_answers_that_people_asked_for_are_ready_when_a_swap_is_done(settings, mlflow, learned, monkeypatch):
    asked = [("u1", {"k": 5}), ("u2", {"reasons": False}), ("u3", {"exclude_seen": False}), ("nobody", {})]
    with serving(create_app(settings)) as api:
        assert api.swap(learned.manifest.chunk_id).status_code == 200
        api.rate("u2", "m1")
        for user_id, wanted in asked:
            api.recommend(user_id, **wanted)
        mlflow.register(2)
        assert api.swap(2).status_code == 200
        with monkeypatch.context() as patch:
            patch.setattr(ServedModel, "rank", pytest.fail)
            ready = [api.recommend(user_id, **wanted) for user_id, wanted in asked]
        api.rate("u1", "m2")
        after = api.recommend("u1", k=5)
    with serving(create_app(settings)) as fresh:
        made = [fresh.recommend(user_id, **wanted) for user_id, wanted in asked]
    assert {each["model_version"] for each in ready} == {"2"}
    for one, other in zip([after, *ready[1:]], made, strict=True):
        assert {**one, "request_id": None} == {**other, "request_id": None}


def test_a_filter_that_the_new_catalogue_does_not_know_does_not_stop_a_swap(settings, mlflow, learned, monkeypatch):
    def gone(served, filters):
        if filters.genres and served.version == "2":
            raise UsageError("No movie has the genre.", "Choose another.")

    with serving(create_app(settings)) as api:
        assert api.swap(learned.manifest.chunk_id).status_code == 200
        api.recommend("u1", genre="Comedy")
        api.recommend("u1")
        mlflow.register(2)
        request = ServedModel.request
        monkeypatch.setattr(
            ServedModel, "request", lambda self, wanted, user: gone(self, wanted.filters) or request(self, wanted, user)
        )
        assert api.swap(2).status_code == 200
        assert api.recommend("u1")["model_version"] == "2"
