"""The operator that runs one stage as a pod, and reads its result from the storage.

The stage puts its result there itself, as an object under the name of the run. So the pod needs no sidecar that waits
for somebody to look into it, and Airflow no right to do that.
"""

import hashlib
import json
import re
from typing import Any

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from kubernetes.client import V1ContainerStateTerminated, V1EnvVar, V1Pod  # type: ignore[import-untyped]
from stage_operator import CANNOT_AFFORD

from matinee.environment import load_settings
from matinee.storage import Storage, home_storage
from matinee.storage.opening import RESULTS

RESULT = "RESULT"
"""Variable of the pod with the name of the object that the stage has to write."""


class StagePod(KubernetesPodOperator):
    """A pod whose result is an object in the storage, and whose failure is final where trying again is no use."""

    def execute(self, context: Any) -> Any:  # noqa: ANN401 (as Airflow calls it)
        """Run the pod, push its result as the task's, and remove the object.

        Raises:
            AirflowFailException: its exit code is `CANNOT_AFFORD`.
        """
        name, storage = result_name(context), home_storage(load_settings())
        given = [each for each in self.env_vars if isinstance(each, V1EnvVar) and each.name != RESULT]
        self.env_vars = [*given, V1EnvVar(RESULT, name)]
        try:
            super().execute(context)
        except AirflowSkipException:
            storage.delete(name)
            raise
        except AirflowException as error:
            raise _failure(self.remote_pod, error) from error
        # With `do_xcom_push` the provider would start a sidecar; without it Airflow pushes nothing by itself.
        context["ti"].xcom_push(key="return_value", value=_taken(storage, name))


def result_name(context: Any) -> str:  # noqa: ANN401 (Airflow's context)
    """Where the result of a task is: `results/<dag>/<run>/<task>/result.json`, the same for every try of it."""
    ti = context["ti"]
    return "/".join((RESULTS, _part(ti.dag_id), _part(ti.run_id), _part(ti.task_id), "result.json"))


def _part(given: str) -> str:
    """A part of a name in the storage; ids of runs may hold any character, so what is replaced shows in a hash."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", given)
    return plain if plain == given else f"{plain}-{hashlib.sha256(given.encode()).hexdigest()[:8]}"


def _taken(storage: Storage, name: str) -> Any:  # noqa: ANN401 (whatever the stage says)
    """The result, which from here on is Airflow's to keep."""
    value = json.loads(storage.read(name).read_text(encoding="utf-8"))
    storage.delete(name)
    return value


def _failure(pod: V1Pod | None, error: AirflowException) -> AirflowException:
    """What to raise for a pod that failed."""
    ended = _ended(pod)
    if ended and ended.exit_code == CANNOT_AFFORD:
        return AirflowFailException(str(error))
    if ended and ended.reason == "OOMKilled":
        return AirflowException(
            "The pod was killed because memory ran out. Set MATINEE_MEMORY (GB) to what it may take."
        )
    return error


def _ended(pod: V1Pod | None) -> V1ContainerStateTerminated | None:
    """How the pod's container ended; None when it has not, or nobody knows."""
    statuses = (pod and pod.status and pod.status.container_statuses) or []
    return next((each.state.terminated for each in statuses if each.name == "base" and each.state), None)
