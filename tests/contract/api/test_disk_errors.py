"""A disk that refuses at any step of what the server writes: answers go on, and all is well again when it does not."""

import pytest

from faults import DISK_ERRORS, refuse

STEPS = ("drafting", "syncing", "publishing")


@pytest.mark.parametrize("code", DISK_ERRORS)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("what", ["2", "deployed.json"], ids=["version", "pointer"])
def test_a_swap_that_the_disk_refuses_leaves_the_old_model_and_can_be_repeated(api, mlflow, step, code, what):
    mlflow.register(2)
    with pytest.MonkeyPatch.context() as disk:
        refuse(disk, step, code, what)
        answer = api.swap()
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:matinee:problem:storage-failed")
        assert api.recommend("u1")["model_version"] == "1"
    assert api.swap().json()["version"] == "2"
    assert api.recommend("u1")["model_version"] == "2"


@pytest.mark.parametrize("code", DISK_ERRORS)
@pytest.mark.parametrize("step", STEPS)
def test_impressions_that_the_disk_refuses_are_written_later(start_with, settings, step, code):
    api = start_with(impressions_s=0.05)
    with pytest.MonkeyPatch.context() as disk:
        refuse(disk, step, code)
        api.recommend("u1")
        api.wait_for(lambda: "impressions" in api.get("/health/ready").json()["problems"])
        assert not list((settings.home / "impressions").rglob("*.parquet"))
    api.wait_for(lambda: list((settings.home / "impressions").rglob("*.parquet")))
    api.wait_for(lambda: api.get("/health/ready").json()["status"] == "ready")
