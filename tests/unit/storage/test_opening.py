"""Which implementation a home's files are in, and where MLflow's go."""

import importlib.util

import pytest
from pydantic import ValidationError

from matinee.errors import UsageError
from matinee.settings import Settings
from matinee.storage import FolderStorage, ObjectStorage, home_storage, mlflow_artifacts, require_storage


def settings_with(tmp_path, storage: str) -> Settings:
    return Settings(home=tmp_path, storage=storage, _env_file=None)


def test_by_default_files_are_in_the_home(tmp_path):
    settings = settings_with(tmp_path, "")
    assert isinstance(home_storage(settings), FolderStorage)
    assert mlflow_artifacts(settings) == str(tmp_path / "mlartifacts")
    assert require_storage(settings) == "the home"


@pytest.mark.parametrize(
    ("storage", "artifacts"),
    [
        ("s3://bucket/some/prefix/", "s3://bucket/some/prefix/mlartifacts"),
        ("gs://bucket", "gs://bucket/mlartifacts"),
        ("az://container/prefix", "wasbs://container@ours.blob.core.windows.net/prefix/mlartifacts"),
        ("az://container", "wasbs://container@ours.blob.core.windows.net/mlartifacts"),
    ],
)
def test_a_url_is_for_matinee_and_for_mlflow(tmp_path, monkeypatch, storage, artifacts):
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "ours")
    settings = settings_with(tmp_path, storage)
    assert isinstance(home_storage(settings), ObjectStorage)
    assert mlflow_artifacts(settings) == artifacts


def test_azure_needs_the_name_of_the_account(tmp_path, monkeypatch):
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(UsageError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        mlflow_artifacts(settings_with(tmp_path, "az://container"))


@pytest.mark.parametrize(
    "storage",
    ["bucket", "ftp://bucket", "s3://", "s3:///prefix", "s3://key:secret@bucket", "s3://b/../c", "s3://b/a?x=1"],
)
def test_what_is_no_url_of_a_storage_is_refused(tmp_path, storage):
    with pytest.raises(ValidationError, match="storage"):
        settings_with(tmp_path, storage)


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "boto3" else object())
    with pytest.raises(UsageError, match=r"boto3.*matinee\[objects\]"):
        require_storage(settings_with(tmp_path, "s3://bucket"))


def test_that_a_ledger_in_sqlite_keeps_other_machines_out_is_said(tmp_path, bucket_url):
    assert require_storage(settings_with(tmp_path, bucket_url)).endswith(
        "for this machine alone: the ledger is SQLite (see MATINEE_DATABASE_URL)"
    )
    on_postgresql = Settings(home=tmp_path, storage=bucket_url, database_url="postgresql://db/m", _env_file=None)
    assert require_storage(on_postgresql) == bucket_url
