# One file for all images: `docker compose build`, or `docker build --target api .`
#
#   base ─ core ┬ api                         (with `--build-arg OBJECTS=yes`: for storage by URL, MATINEE_STORAGE)
#               ├ ui
#               └ mlflow ─ train ─ tasks      (the train environment, and Airflow's in /opt/airflow)
#   base ─ airflow ─ airflow-kubernetes       (Airflow's environment alone; with what starts pods)
#
# A package index of your own: `docker build --secret id=pip,src=pip.conf --secret id=uv,src=uv.toml …`.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS base
# PostgreSQL's client library as Debian keeps it up to date; the native mode has the one that psycopg brings.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/* /var/cache/apt
# Any user may run the images, also one without a name in here (LOGNAME is what programs take then). What must be
# written goes to mounted folders, or to a home in memory.
ENV HOME=/tmp LOGNAME=matinee MATINEE_HOME=/matinee MATINEE_HOST=0.0.0.0 \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 MALLOC_ARENA_MAX=2 MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true
WORKDIR /opt/matinee

# What builds, and is in no image.
FROM base AS tools
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/* /var/cache/apt
# hadolint ignore=DL3042
RUN --mount=type=cache,target=/var/cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=bind,source=requirements/build.txt,target=/tmp/build.txt \
    pip install --cache-dir /var/cache/pip --root-user-action=ignore --no-deps --require-hashes -r /tmp/build.txt

FROM tools AS wheel
COPY pyproject.toml README.md hatch_build.py ./
COPY requirements/native.txt requirements/
COPY src src
COPY dags dags
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM base AS core
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,source=docker/slim.sh,target=/tmp/slim.sh \
    --mount=type=bind,source=requirements/core.txt,target=/tmp/core.txt \
    sh /tmp/install.sh --require-hashes -r /tmp/core.txt && sh /tmp/slim.sh
ARG OBJECTS=
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,source=requirements/objects.txt,target=/tmp/objects.txt \
    test -z "$OBJECTS" || sh /tmp/install.sh --require-hashes -r /tmp/objects.txt

FROM core AS api
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,source=docker/slim.sh,target=/tmp/slim.sh \
    --mount=type=bind,source=requirements/api.txt,target=/tmp/api.txt \
    sh /tmp/install.sh --require-hashes -r /tmp/api.txt && sh /tmp/slim.sh
# Bytecode of what programs import, here and below, and of nothing else: images are small and start quick.
RUN --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    sh /tmp/install.sh --no-cache /wheels/* && env -u PYTHONDONTWRITEBYTECODE python -c 'import alembic.command, uvloop, \
uvicorn.protocols.http.httptools_impl, matinee.clients.airflow, matinee.cli, matinee.serving.app, matinee.serving.__main__'
COPY docker/probe.py .
USER 1000:1000
EXPOSE 8000
CMD ["python", "-m", "matinee.serving"]

FROM core AS ui
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,source=requirements/ui.txt,target=/tmp/ui.txt \
    sh /tmp/install.sh --require-hashes -r /tmp/ui.txt
RUN --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    sh /tmp/install.sh --no-cache /wheels/* \
    && env -u PYTHONDONTWRITEBYTECODE python -c 'import streamlit.web.cli, streamlit.web.bootstrap, pandas, pyarrow' \
    && ln -s "$(python -c 'import matinee.ui.entry as entry; print(*entry.__path__)')/app.py" app.py \
    && ln -s "$(python -c 'import matinee.ui.entry as entry; print(*entry.__path__)')/.streamlit" .streamlit
COPY docker/probe.py .
USER 1000:1000
EXPOSE 8501
CMD ["streamlit", "run", "app.py", "--server.headless=true", "--server.address=0.0.0.0", "--server.port=8501", \
     "--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]

FROM core AS mlflow
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,source=requirements/mlflow.txt,target=/tmp/mlflow.txt \
    sh /tmp/install.sh --require-hashes -r /tmp/mlflow.txt \
    && env -u PYTHONDONTWRITEBYTECODE python -c 'import mlflow.cli, mlflow.pyfunc, mlflow.server.fastapi_app, \
mlflow.store.tracking.sqlalchemy_store, mlflow.store.model_registry.sqlalchemy_store'
COPY docker/probe.py .
# Without its job runner MLflow is 2 processes and 0.4 GB instead of 10 and 1.7 GB.
ENV MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
USER 1000:1000
EXPOSE 5000
CMD ["mlflow", "server", "--host=0.0.0.0", "--port=5000", "--workers=1"]

FROM mlflow AS train
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* /var/cache/apt
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,source=requirements/train.txt,target=/tmp/train.txt \
    sh /tmp/install.sh --require-hashes -r /tmp/train.txt
RUN --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    sh /tmp/install.sh --no-cache /wheels/* && env -u PYTHONDONTWRITEBYTECODE python -c 'import alembic.command, matinee.cli, \
matinee.containers.moving, matinee.containers.databases, matinee.models.als, matinee.models.blend, matinee.stages.deploy, \
matinee.stages.evaluate, matinee.stages.ingest, matinee.stages.promote, matinee.stages.train'
USER 1000:1000
CMD ["matinee", "--help"]

FROM base AS airflow
RUN python -m venv --without-pip /opt/airflow && python -m compileall -q -j 0 /usr/local/lib/python3*
ENV AIRFLOW_HOME=/matinee/airflow PATH=$PATH:/opt/airflow/bin
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,source=requirements/airflow.txt,target=/tmp/airflow.txt \
    UV_PYTHON=/opt/airflow/bin/python sh /tmp/install.sh --compile-bytecode --require-hashes -r /tmp/airflow.txt
ARG OBJECTS=
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,source=requirements/objects.txt,target=/tmp/objects.txt \
    test -z "$OBJECTS" || UV_PYTHON=/opt/airflow/bin/python sh /tmp/install.sh --compile-bytecode --require-hashes -r /tmp/objects.txt
RUN --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    UV_PYTHON=/opt/airflow/bin/python sh /tmp/install.sh --no-cache --compile-bytecode /wheels/*
COPY docker/probe.py .
USER 1000:1000
EXPOSE 8080
# The program behind `airflow api-server`, which on SIGTERM would spend more than 5 s of processor time to take its
# objects apart; uvicorn answers what is asked, and goes.
CMD ["uvicorn", "airflow.api_fastapi.main:app", "--host=0.0.0.0", "--port=8080", "--no-access-log", \
     "--timeout-graceful-shutdown=3"]

# Airflow whose tasks are pods: for deploy/airflow/values.yaml.
FROM airflow AS airflow-kubernetes
USER 0:0
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    --mount=type=bind,from=tools,source=/usr,target=/tools --mount=type=bind,source=docker/install.sh,target=/tmp/install.sh \
    --mount=type=bind,source=requirements/kubernetes.txt,target=/tmp/kubernetes.txt \
    UV_PYTHON=/opt/airflow/bin/python sh /tmp/install.sh --compile-bytecode --require-hashes -r /tmp/kubernetes.txt
USER 1000:1000

# Airflow whose tasks find `matinee` in the train environment: /usr/local/bin comes first.
FROM train AS tasks
COPY --link --from=airflow /opt/airflow /opt/airflow
ENV AIRFLOW_HOME=/matinee/airflow PATH=$PATH:/opt/airflow/bin
CMD ["airflow", "scheduler", "--skip-serve-logs"]
