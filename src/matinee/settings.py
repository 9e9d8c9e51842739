"""All settings, in one frozen class: what each is called, may be and means."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from matinee.cores import n_cores
from matinee.schedule import Grace, Schedule, TimeZoneName

Port = Annotated[int, Field(ge=1, le=65535)]

_CHALLENGERS = r"^(off|[^\s,:=]+(:\w+=[-+.\deE]+)*(\s*,\s*[^\s,:=]+(:\w+=[-+.\deE]+)*)*)$"

_RATING_SCALE = r"^(auto|-?\d+(\.\d+)?(-(-?\d+(\.\d+)?))?(:\d+(\.\d+)?)?)$"

_WEIGHT = r"(like|watch|purchase|click|view)(=\d+(\.\d+)?)?"
_EVENT_WEIGHTS = rf"^({_WEIGHT}(,{_WEIGHT})*)?$"

_HOST_PORT = r"[^\s/,:]+:\d{1,5}"
_SPARK_MASTER = rf"^(local(\[(\*|[1-9]\d*)\])?|yarn|spark://{_HOST_PORT}(,{_HOST_PORT})*|k8s://https?://{_HOST_PORT})$"

_POSTER_URL = r"^(https?://[^\s{}]+(\{movie_id\}[^\s{}]*)+)?$"

_STORAGE_URL = r"^((s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]*(/[^\s/.?#@][^\s/?#@]*)*/?)?$"

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine that no other one can have."""
UNSPECIFIED_HOSTS = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, never bound
"""What a server binds to that listens on every address; nobody calls it by that."""


class Settings(BaseSettings):
    """One matinee: where it lives, what it learns from, where its processes listen."""

    model_config = SettingsConfigDict(
        env_prefix="MATINEE_",
        env_file=".env",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    home: Path = Path(".matinee")
    """Folder of everything that matinee keeps; two homes with different ports run side by side."""

    data: str = "ml-100k"
    """A data set by name (`ml-100k`, `ml-latest-small`, `ml-1m`, …), or the path of a file or folder; several
    files of one table with `:` between them."""

    movies: Path | None = None
    """File `movie_id, title, genres` that goes with ratings given by path."""

    columns: str = ""
    """What columns of one's own files mean, where common names do not tell: `user_id=Who,rated_at=When`."""

    event: Literal["", "rating", "like", "dislike", "not_interested", "watch", "purchase", "click", "view"] = ""
    """What a row of a file of one's own is that has no column `event`; empty: a rating, where there are ratings."""

    chunk: Literal["1d", "7d", "30d"] = "1d"
    """Period of ratings that each run takes, in whole days."""

    timezone: TimeZoneName = "UTC"
    """Where days begin: a name of the IANA time zone database, such as `Europe/Berlin`."""

    grace: Grace = "1h"
    """How long after a period's end its ratings may still come in before it is closed, such as `90m` or `6h`."""

    schedule: Schedule = "auto"
    """When `train_model` runs (`timezone`): a cron expression, or `off`; `auto`: daily, when day and grace are over."""

    bootstrap: Annotated[str, Field(pattern=r"^(auto|[1-9]\d*d)$")] = "auto"
    """Length of the first chunk, such as `60d`; `auto` is 60 days for ml-100k, else the first half of the ratings."""

    algorithm: str = "blend"
    """Which model is trained: a name from `matinee.models`."""

    memory: Annotated[float, Field(gt=0)] | None = None
    """Memory in GB that a training may take; default is what the machine or its container has. It decides how many
    movies get item-item weights of their own, and what is too large to be begun."""

    trainer: Literal["local", "spark"] = "local"
    """What computes the sums and the factors that models are made of: the training's own process, or Apache Spark
    (`pip install 'matinee[spark]'`, Java 17); the artifact is the same."""

    spark_master: Annotated[str, Field(pattern=_SPARK_MASTER)] = "local[*]"
    """Where Spark is, when `trainer` is `spark`: `spark://HOST:PORT`, `yarn`, `k8s://https://HOST:PORT`, `local[*]`."""

    rating_scale: Annotated[str, Field(pattern=_RATING_SCALE)] = "auto"
    """The ratings that exist, for files, API and page alike: `LOWEST-HIGHEST:STEP`, such as `1-10:1`, `0-1:1` for
    thumbs up and down, or `1` for one value; `auto` is half to five stars for MovieLens, else what the file has."""

    positive_rating: Annotated[float, Field(gt=0)] = 4.0
    """Stars from which a rating says that the user liked the movie: what models learn and what evaluation counts."""

    event_weights: Annotated[str, Field(pattern=_EVENT_WEIGHTS)] = "like=1,watch=1,purchase=1"
    """Which events are learned as likes, and how much each counts where a liked rating counts 1: `like`, `watch`,
    `purchase`, `click`, `view`, such as `like=1,watch=0.5`; the others are kept, and not learned."""

    watch: Literal["on", "off"] = "on"
    """Whether a chunk of ratings that is clearly broken stops its run; `off`: it is reported, and learned from."""

    gate: Literal["on", "off"] = "on"
    """Whether a model has to pass the gate (`docs/gate.md`) to go into production; `off`: the newest wins."""

    challengers: Annotated[str, Field(pattern=_CHALLENGERS)] = "als"
    """Algorithms that are compared with the one in production every day, with commas between them, each with
    hyper-parameters if need be: `als,ease,my_model:depth=3`; `off`: none."""

    challengers_s: Annotated[float, Field(gt=0)] = 900.0
    """How many seconds all challengers of a day together may take; those that are late are left for the next day."""

    challengers_win: Literal["promote", "propose"] = "promote"
    """What follows when a challenger has shown that it is better: it goes into production, or waits for a person."""

    auto_rollback: Literal["on", "off"] = "on"
    """Whether a version that proves worse than the one that served before it is rolled back without a person."""

    host: str = "127.0.0.1"
    """Address that every process binds to; containers set `0.0.0.0` inside their own network."""

    allowed_hosts: str = ""
    """Host names, separated by commas, by which browsers may call the servers, such as that of a proxy before them.
    Loopback and the hosts of the URLs below are always allowed; `*` allows any."""

    api_port: Port = 8000
    """Port of the API server."""

    api_workers: Annotated[int, Field(ge=0, le=256)] = 0
    """Worker processes of the API server, which share its port and its memory; 0: one for each core."""

    api_writes_per_minute: Annotated[int, Field(ge=0)] = 30_000
    """Ratings, batches of ratings and withdrawals that one client address may send in a minute; 0: any number."""

    api_body_bytes: Annotated[int, Field(ge=1024)] = 4_194_304
    """Largest body of a request."""

    api_timeout_s: Annotated[float, Field(gt=0)] = 30.0
    """Longest time that a request may take, sending it included; a swap of the model has its own."""

    api_cors_origins: str = ""
    """Web origins, separated by commas, whose pages may use the API; none by default."""

    explore: Annotated[float, Field(ge=0, le=0.2)] = 0.0
    """Share of a list's places, the last ones, for movies with fewer than ten ratings; 0: none.

    They are marked in the answer and noted with the impression. 0.05 is one movie in every second list of ten."""

    impressions_s: Annotated[float, Field(ge=0)] = 30.0
    """Time between two files of impressions (what was shown to whom); 0: note nothing."""

    impressions_days: Annotated[int, Field(ge=1)] = 90
    """How long impressions are kept."""

    keep_versions: Annotated[int, Field(ge=1)] = 14
    """How many of the newest versions keep their artifacts; pinned ones and the one in production keep them anyway."""

    keep_days: Annotated[int, Field(ge=1)] = 30
    """How long a version keeps its artifacts after it was served last, and a run without a version after its end."""

    idempotency_days: Annotated[int, Field(ge=1)] = 7
    """How long an idempotency key is remembered."""

    withdrawals_days: Annotated[int, Field(ge=1)] = 30
    """How long ratings are kept that were taken back before any chunk held them."""

    airflow_days: Annotated[int, Field(ge=1)] = 30
    """How long Airflow's records of runs, and the logs of their tasks, are kept."""

    mlflow_port: Port = 5000
    """Port of the MLflow server."""

    airflow_port: Port = 8080
    """Port of Airflow's UI and REST API."""

    ui_port: Port = 8501
    """Port of the Streamlit page."""

    postgres_port: Port = 54320
    """Port of the PostgreSQL that holds Airflow's state."""

    api_url: str = ""
    """Where the API server is reached; default is loopback at `api_port`."""

    mlflow_url: str = ""
    """Where MLflow is reached; default is loopback at `mlflow_port`."""

    airflow_url: str = ""
    """Where Airflow is reached; default is loopback at `airflow_port`."""

    mlflow_public_url: str = ""
    """Where a browser reaches MLflow, when that differs from where the other processes do."""

    airflow_public_url: str = ""
    """Where a browser reaches Airflow, when that differs from where the other processes do."""

    poster_url: Annotated[str, Field(pattern=_POSTER_URL)] = ""
    """Where the page finds an image of a movie, such as `https://images.example.org/{movie_id}.jpg`; none by default.
    Browsers fetch it; a movie without an image keeps its tile."""

    api_token: SecretStr | None = None
    """Bearer token of `POST /v1/model`; generated under `secrets/` when not set."""

    database_url: SecretStr | None = None
    """Database of the chunk ledger and of people's ratings; default is SQLite at `matinee.db` in the home."""

    airflow_database_url: SecretStr | None = None
    """Database of Airflow, whose old records `matinee prune` removes; default is the native PostgreSQL."""

    aside_days: Annotated[int, Field(ge=1)] = 30
    """How long a home is kept that `matinee restore FILE --replace` has put aside (`HOME.before-TIME`)."""

    storage: Annotated[str, Field(pattern=_STORAGE_URL)] = ""
    """Where data sets, chunks, columnar interactions, impressions and MLflow's artifacts are kept:
    `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`; default is the home. Credentials are those of
    the cloud's own SDK, such as `AWS_ACCESS_KEY_ID`; see `docs/scaling.md`."""

    tasks: Literal["process", "kubernetes"] = "process"
    """Where a DAG's tasks run: in a process of their own, or as pods of `task_image`."""

    task_image: str = "matinee-train:latest"
    """Image that runs the tasks when `tasks` is `kubernetes`."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe log line that is written."""

    @field_validator("home", "movies")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path and path.expanduser().absolute()

    @field_validator("api_url", "mlflow_url", "airflow_url", "mlflow_public_url", "airflow_public_url", "storage")
    @classmethod
    def _no_trailing_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @property
    def hosts(self) -> frozenset[str]:
        """Names of hosts by which the servers may be called; `*` in it stands for any."""
        urls = (self.api_url, self.mlflow_url, self.airflow_url, self.mlflow_public_url, self.airflow_public_url)
        named = [self.host, *filter(None, (urlsplit(url).hostname for url in urls)), *self.allowed_hosts.split(",")]
        return LOOPBACK_HOSTS | {name.strip().strip("[]").lower() for name in named if name.strip()} - UNSPECIFIED_HOSTS

    @property
    def api(self) -> str:
        """Base URL of the API server."""
        return self.api_url or f"http://127.0.0.1:{self.api_port}"

    @property
    def n_workers(self) -> int:
        """Worker processes of the API server."""
        return self.api_workers or n_cores()

    @property
    def mlflow(self) -> str:
        """Base URL of the MLflow server."""
        return self.mlflow_url or f"http://127.0.0.1:{self.mlflow_port}"

    @property
    def airflow(self) -> str:
        """Base URL of Airflow."""
        return self.airflow_url or f"http://127.0.0.1:{self.airflow_port}"

    @property
    def mlflow_link(self) -> str:
        """Address of MLflow for people's browsers."""
        return self.mlflow_public_url or self.mlflow

    @property
    def airflow_link(self) -> str:
        """Address of Airflow for people's browsers."""
        return self.airflow_public_url or self.airflow

    @property
    def ui(self) -> str:
        """Base URL of the Streamlit page."""
        return f"http://127.0.0.1:{self.ui_port}"

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the ledger and of people's ratings."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'matinee.db'}"

    @property
    def period(self) -> timedelta:
        """Length of one chunk."""
        return timedelta(days=int(self.chunk.removesuffix("d")))
