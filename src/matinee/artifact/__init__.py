"""The model artifact: a folder of data that any process can verify and rank with, without a line of training code.

manifest.json         what it is, where it comes from, and the SHA-256 of each other file
arrays.safetensors    the arrays of its kind, and popularity and histories
users.parquet         user_index, user_id
movies.parquet        item_index, movie_id, title, year, genres
golden.json           requests, and what the model answered where it was trained
"""

from matinee.artifact.load import Artifact, load
from matinee.artifact.manifest import (
    ARRAYS,
    FOLDER,
    GOLDEN,
    MANIFEST,
    MOVIES,
    REQUIRED,
    USERS,
    Manifest,
    file_names,
    read_manifest,
    sha256,
)
from matinee.artifact.write import Contents, movie_table, write

__all__ = [
    "ARRAYS",
    "FOLDER",
    "GOLDEN",
    "MANIFEST",
    "MOVIES",
    "REQUIRED",
    "USERS",
    "Artifact",
    "Contents",
    "Manifest",
    "file_names",
    "load",
    "movie_table",
    "read_manifest",
    "sha256",
    "write",
]
