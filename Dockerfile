# One file for all images: `docker compose build`, or `docker build --target api .`
#
#   base ─ core ┬ api
#               ├ ui
#               └ mlflow ─ train ─ tasks      (the train environment, and Airflow's in /opt/airflow)
#   base ─ airflow                            (Airflow's environment alone)
#
# A package index of your own: `docker build --secret id=pip,src=pip.conf …`.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS base
# Any user may run the images, also one without a name in here (LOGNAME is what programs take then). What must be
# written goes to mounted folders, or to a home in memory.
ENV HOME=/tmp LOGNAME=matinee MATINEE_HOME=/matinee MATINEE_HOST=0.0.0.0 \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true \
    PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /opt/matinee

FROM base AS strip
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*

FROM base AS wheel
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=bind,source=requirements/build.txt,target=/tmp/build.txt \
    pip install --no-deps --require-hashes -r /tmp/build.txt
COPY pyproject.toml README.md ./
COPY src src
COPY dags src/matinee/dags
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM base AS core
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=bind,source=requirements/core.txt,target=/tmp/core.txt \
    --mount=type=bind,source=docker/slim.sh,target=/tmp/slim.sh --mount=type=bind,from=strip,source=/usr,target=/strip \
    pip install --no-compile --no-deps --require-hashes -r /tmp/core.txt && sh /tmp/slim.sh

FROM core AS api
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=bind,source=requirements/api.txt,target=/tmp/api.txt \
    --mount=type=bind,source=docker/slim.sh,target=/tmp/slim.sh --mount=type=bind,from=strip,source=/usr,target=/strip \
    pip install --no-compile --no-deps --require-hashes -r /tmp/api.txt && sh /tmp/slim.sh
# Bytecode of what the server and the command line import, and of nothing else, keeps the image small and starts quick.
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-compile --no-deps --no-index /wheels/* \
    && env -u PYTHONDONTWRITEBYTECODE python -c 'import alembic.command, uvloop, uvicorn.protocols.http.httptools_impl, \
matinee.airflow, matinee.cli, matinee.serving.app, matinee.serving.__main__'
COPY docker/probe.py .
USER 1000:1000
EXPOSE 8000
CMD ["python", "-m", "matinee.serving"]

FROM core AS ui
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=bind,source=requirements/ui.txt,target=/tmp/ui.txt \
    pip install --no-deps --require-hashes -r /tmp/ui.txt && python -m compileall -q /usr/local/lib/python3*
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels pip install --no-cache-dir --no-deps --no-index /wheels/* \
    && ln -s "$(python -c 'import matinee.ui as ui; print(*ui.__path__)')/page.py" page.py
COPY docker/probe.py .
USER 1000:1000
EXPOSE 8501
CMD ["streamlit", "run", "page.py", "--server.headless=true", "--server.address=0.0.0.0", "--server.port=8501", \
     "--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]

FROM core AS mlflow
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=bind,source=requirements/mlflow.txt,target=/tmp/mlflow.txt \
    pip install --no-deps --require-hashes -r /tmp/mlflow.txt && python -m compileall -q /usr/local/lib/python3*
COPY docker/probe.py .
# Without its job runner MLflow is 2 processes and 0.4 GB instead of 10 and 1.7 GB.
ENV MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
USER 1000:1000
EXPOSE 5000
CMD ["mlflow", "server", "--host=0.0.0.0", "--port=5000", "--workers=1"]

FROM mlflow AS train
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=bind,source=requirements/train.txt,target=/tmp/train.txt \
    pip install --no-deps --require-hashes -r /tmp/train.txt
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels pip install --no-cache-dir --no-deps --no-index /wheels/*
USER 1000:1000
CMD ["matinee", "--help"]

FROM base AS airflow
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=bind,source=requirements/airflow.txt,target=/tmp/airflow.txt \
    python -m venv --without-pip /opt/airflow \
    && pip --python /opt/airflow/bin/python install --no-deps --require-hashes -r /tmp/airflow.txt \
    && python -m compileall -q /usr/local/lib/python3*
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip --python /opt/airflow/bin/python install --no-cache-dir --no-deps --no-index /wheels/*
COPY docker/probe.py .
ENV AIRFLOW_HOME=/matinee/airflow PATH=$PATH:/opt/airflow/bin
USER 1000:1000
EXPOSE 8080
CMD ["airflow", "api-server"]

# Airflow whose tasks find `matinee` in the train environment: /usr/local/bin comes first.
FROM train AS tasks
COPY --link --from=airflow /opt/airflow /opt/airflow
ENV AIRFLOW_HOME=/matinee/airflow PATH=$PATH:/opt/airflow/bin
CMD ["airflow", "scheduler", "--skip-serve-logs"]
