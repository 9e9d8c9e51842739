"""Files of one's own that the settings name: what the source is called, and how its files are read."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from matinee.errors import UsageError
from matinee.ratings.importing.columns import parse_columns
from matinee.ratings.scale import Scale
from matinee.ratings.sources import movielens
from matinee.ratings.sources.download import ARCHIVES
from matinee.settings import Settings


def source_name(data: str) -> str:
    """What a source is called: the name of a data set, an absolute path, or several with `:` between them."""
    if data in ARCHIVES:
        return data
    whole = Path(data).expanduser().absolute()
    names = [data] if whole.exists() else data.split(os.pathsep)
    return os.pathsep.join(str(Path(name).expanduser().absolute()) for name in names)


def folder_name(data: str) -> str:
    """Name in the home's storage of what is prepared of a source."""
    if data in ARCHIVES:
        return f"datasets/{data}"
    name = source_name(data)
    return f"datasets/{Path(name.partition(os.pathsep)[0]).stem}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def named_files(settings: Settings) -> list[Path] | None:
    """The files that the settings name, if they name no folder and no data set."""
    paths = [Path(path) for path in source_name(settings.data).split(os.pathsep)]
    paths += [settings.movies] if settings.movies else []
    return None if settings.data in ARCHIVES or not all(path.is_file() for path in paths) else paths


def is_elsewhere(settings: Settings) -> bool:
    """Whether the settings name a data set, or files of one's own that this machine does not have."""
    return settings.data in ARCHIVES or not any(
        Path(each).exists() for each in source_name(settings.data).split(os.pathsep)
    )


def find_own(settings: Settings) -> movielens.InputFiles:
    """How to read the files of one's own that the settings name.

    Raises:
        UsageError: one does not exist.
        BadData: one cannot be read.
    """
    paths = [Path(name) for name in source_name(settings.data).split(os.pathsep)]
    for path in paths:
        if not path.exists():
            raise UsageError(
                f"{path if len(paths) > 1 else settings.data} is neither a data set nor an existing path.",
                f"Set MATINEE_DATA to a path or to one of {', '.join(ARCHIVES)}.",
            )
    columns = parse_columns(settings.columns)
    if len(paths) == 1:
        return declared(settings, movielens.find(paths[0], settings.movies, columns))
    return declared(settings, movielens.find_several(paths, settings.movies, columns))


def declared(settings: Settings, files: movielens.InputFiles) -> movielens.InputFiles:
    """Files with the declared event and scale, if there are any."""
    files = replace(files, event=movielens.require_event(files.ratings, settings.event))
    return files if settings.rating_scale == "auto" else replace(files, scale=Scale.parse(settings.rating_scale))
