"""What is counted of the lists of a version, over all workers of a server."""

import os

import numpy as np

from matinee.serving.answering.coverage import KEPT_FILES, CoverageMap

N_MOVIES = 4


def test_two_workers_count_into_one_file(tmp_path):
    first, second = (CoverageMap(tmp_path, "1", N_MOVIES) for _ in range(2))
    first.add(np.array([0, 1]))
    second.add(np.array([1, 2]))
    assert (first.share, first.n_lists) == (second.share, second.n_lists) == (0.75, 2)


def test_a_server_that_swaps_every_day_keeps_the_files_of_its_newest_versions_only(tmp_path):
    for version in range(3 * KEPT_FILES):
        served = CoverageMap(tmp_path, f"{version}", N_MOVIES)
        os.utime(tmp_path / f"recommended-{version}-{N_MOVIES}", (version, version))
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {f"recommended-{version}-{N_MOVIES}" for version in range(2 * KEPT_FILES, 3 * KEPT_FILES)}
    served.add(np.array([3]))
    assert CoverageMap(tmp_path, f"{3 * KEPT_FILES - 1}", N_MOVIES).n_lists == 1


def test_who_still_counts_for_a_version_whose_file_is_gone_goes_on(tmp_path):
    slow = CoverageMap(tmp_path, "0", N_MOVIES)
    for version in range(1, 3 * KEPT_FILES):
        CoverageMap(tmp_path, f"{version}", N_MOVIES)
    slow.add(np.array([0]))
    assert slow.share == 0.25
