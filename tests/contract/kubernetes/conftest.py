"""The cluster of `kubernetes_cluster`, with a small data set in MovieLens's form."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from kubernetes_cluster import Cluster, put_small_ratings, running_cluster


@pytest.fixture(scope="package")
def cluster(postgres_url: sa.URL, s3_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Everything is up, the tables are made, and nothing has been learned yet."""
    with running_cluster(tmp_path_factory.mktemp("cluster"), postgres_url, s3_server, put_small_ratings) as running:
        yield running
