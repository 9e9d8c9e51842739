"""The DAG files as Airflow reads them, and the shell lines of their tasks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploying import named, rendered
from matinee.clients.airflow.records import STAGES
from matinee.serving.pipeline.runs import DAGS as DAGS_OF_PEOPLE
from matinee.serving.pipeline.runs import STEPS
from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.ko import KOREAN

DAGS = Path(__file__).parents[2] / "dags"

READ = """
import json, sys
from airflow.dag_processing.dagbag import DagBag

sys.path.append(sys.argv[1])  # as Airflow does
bag = DagBag(dag_folder=sys.argv[1])
dags = {
    dag.dag_id: {
        "doc": dag.doc_md,
        "tags": sorted(dag.tags),
        "description": dag.description,
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "schedule": f"{dag.schedule.expression} {dag.schedule.timezone}"
        if hasattr(dag.schedule, "expression")
        else str(dag.schedule),
        "tasks": {
            task.task_id: {
                "kind": type(task).__name__,
                "upstream": sorted(task.upstream_task_ids),
                "retries": task.retries,
                "limit_s": task.execution_timeout.total_seconds(),
                "outlets": [outlet.uri for outlet in task.outlets],
                "script": getattr(task, "bash_command", None) or task.arguments[0],
                "image": getattr(task, "image", None),
                "skip": sorted(task.skip_on_exit_code),
                "is_alone": not task.do_xcom_push,
                "pod": getattr(task, "pod_template_dict", None),
            }
            for task in dag.tasks
        },
    }
    for dag in bag.dags.values()
}
json.dump({"errors": bag.import_errors, "dags": dags, "kubernetes": "kubernetes.client" in sys.modules}, sys.stdout)
"""


def read(folder: Path, tasks: str, **settings: str) -> dict:
    environment = os.environ | {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "MATINEE_TASKS": tasks,
        "MATINEE_TASK_IMAGE": "registry/matinee:7",
        **settings,
    }
    done = subprocess.run(
        [sys.executable, "-c", READ, str(DAGS)], env=environment, cwd=folder, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout[done.stdout.index('{"errors"') :])


@pytest.fixture(scope="module")
def process(tmp_path_factory) -> dict:
    return read(tmp_path_factory.mktemp("airflow"), "process")


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory) -> dict:
    return read(tmp_path_factory.mktemp("airflow"), "kubernetes")


def test_airflow_reads_every_dag_without_an_error(process):
    assert process["errors"] == {}
    for_people = {"promote_version", "resume_production", "rollback_model", "train_model"}
    assert process["dags"].keys() == for_people | {"deploy_model", "prune_home", "train_challengers"}


def test_live_progress_names_every_task_of_every_dag_that_people_start(process):
    assert DAGS_OF_PEOPLE.keys() == process["dags"].keys() - {"deploy_model", "prune_home", "train_challengers"}
    for dag_id, steps in STEPS.items():
        tasks = process["dags"][dag_id]["tasks"]
        assert steps == tuple(sorted(tasks, key=lambda name: len(_before(tasks, name))))
    followed = [dag for dag_id, dag in process["dags"].items() if dag_id not in ("prune_home", "train_challengers")]
    names = {name for dag in followed for name in dag["tasks"]}
    assert names == ENGLISH.runs.steps.keys() == KOREAN.runs.steps.keys()
    assert (*STEPS["train_model"], *process["dags"]["deploy_model"]["tasks"]) == STAGES


def _before(tasks: dict, name: str) -> set[str]:
    """Every task that has to end before this one begins."""
    upstream = set(tasks[name]["upstream"])
    return upstream.union(*(_before(tasks, each) for each in upstream))


def test_train_model_runs_daily_one_at_a_time_and_never_catches_up(process):
    dag = process["dags"]["train_model"]
    assert (dag["schedule"], dag["catchup"], dag["max_active_runs"]) == ("0 1 * * * UTC", False, 1)


def test_train_model_runs_when_the_settings_say_so_in_their_time_zone(tmp_path):
    own = read(tmp_path, "process", MATINEE_GRACE="90m", MATINEE_TIMEZONE="Asia/Seoul")
    assert own["dags"]["train_model"]["schedule"] == "30 1 * * * Asia/Seoul"
    assert read(tmp_path, "process", MATINEE_SCHEDULE="off")["dags"]["train_model"]["schedule"] == "None"


def test_train_model_goes_from_ingest_to_promote(process):
    tasks = process["dags"]["train_model"]["tasks"]
    upstream = {name: task["upstream"] for name, task in tasks.items()}
    assert upstream == {"ingest": [], "train": ["ingest"], "evaluate": ["train"], "promote": ["evaluate"]}


def test_only_a_promotion_updates_the_asset_that_deploy_model_waits_for(process):
    outlets = {
        name: task["outlets"] for name, task in process["dags"]["train_model"]["tasks"].items() if task["outlets"]
    }
    assert outlets == {"evaluate": ["matinee://models/evaluated"], "promote": ["matinee://models/production"]}
    assert "matinee://models/production" in process["dags"]["deploy_model"]["schedule"]


def test_deploy_model_has_one_task_and_one_run_at_a_time(process):
    dag = process["dags"]["deploy_model"]
    assert (sorted(dag["tasks"]), dag["max_active_runs"]) == (["deploy"], 1)


def test_rollback_model_is_started_by_people_only(process):
    dag = process["dags"]["rollback_model"]
    assert (list(dag["tasks"]), dag["max_active_runs"]) == (["rollback"], 1)
    assert "deploy" not in dag["schedule"].lower()


def test_resume_production_is_started_by_people_only_and_moves_nothing(process, tmp_path):
    dag = process["dags"]["resume_production"]
    assert (list(dag["tasks"]), dag["max_active_runs"], dag["schedule"]) == (["resume"], 1, "None")
    assert dag["tasks"]["resume"]["outlets"] == []
    done = run(script(process, "resume", "resume_production"), tmp_path, 'echo "$@"', REASON="it was $(fine)")
    assert done.stdout == "resume --reason it was $(fine) --json\n"


def test_promote_version_is_started_by_people_only_and_has_its_version_deployed(process):
    dag = process["dags"]["promote_version"]
    assert (list(dag["tasks"]), dag["max_active_runs"]) == (["promote"], 1)
    assert "deploy" not in dag["schedule"].lower()
    assert dag["tasks"]["promote"]["outlets"] == ["matinee://models/production"]


def test_challengers_follow_an_evaluation_in_a_dag_of_their_own_and_a_winner_is_deployed(process, tmp_path):
    dag = process["dags"]["train_challengers"]
    assert "matinee://models/evaluated" in dag["schedule"]
    assert dag["max_active_runs"] == 1
    assert {name: task["upstream"] for name, task in dag["tasks"].items()} == {
        "challenge": [],
        "promote": ["challenge"],
    }
    assert dag["tasks"]["promote"]["outlets"] == ["matinee://models/production"]
    assert run(script(process, "challenge", "train_challengers"), tmp_path, 'echo "$@"').stdout == "challenge --json\n"
    without_winner = run(script(process, "promote", "train_challengers"), tmp_path, "echo started", RUN_ID="")
    assert (without_winner.returncode, without_winner.stdout) == (99, "")


def test_prune_home_runs_every_night_apart_from_the_day(process):
    dag = process["dags"]["prune_home"]
    assert (list(dag["tasks"]), dag["schedule"], dag["max_active_runs"]) == (["prune"], "30 4 * * *", 1)
    assert dag["tasks"]["prune"]["outlets"] == []


def test_every_dag_explains_itself(process):
    for dag in process["dags"].values():
        assert dag["doc"].startswith("### ")
        assert dag["description"]
        assert "matinee" in dag["tags"]


def test_every_task_is_retried_and_skipped_when_a_rule_says_no(process):
    for dag in process["dags"].values():
        for task in dag["tasks"].values():
            assert (task["kind"], task["retries"], task["skip"]) == ("StageOperator", 8, [3, 99])


def test_every_stage_has_a_time_limit_of_its_own(process):
    limits = {name: task["limit_s"] for dag in process["dags"].values() for name, task in dag["tasks"].items()}
    slow = {"ingest": 7_200, "train": 21_600, "evaluate": 21_600, "challenge": 21_600, "prune": 3_600}
    assert {name: limit_s for name, limit_s in limits.items() if limit_s != 1_200} == slow


def test_the_kubernetes_client_is_not_read_for_tasks_in_processes(process):
    assert process["kubernetes"] is False


def test_with_kubernetes_the_same_tasks_are_pods_of_the_image(process, kubernetes):
    assert kubernetes["errors"] == {}
    for dag_id, dag in kubernetes["dags"].items():
        assert {name: task["upstream"] for name, task in dag["tasks"].items()} == {
            name: task["upstream"] for name, task in process["dags"][dag_id]["tasks"].items()
        }
        for task in dag["tasks"].values():
            assert (task["kind"], task["image"], task["skip"]) == ("StagePod", "registry/matinee:7", [3, 99])
            assert task["is_alone"], "a sidecar would wait in its pod"


@pytest.mark.parametrize(
    ("task", "arguments"),
    [("ingest", "ingest --run-id 7 --json"), ("train", "train --chunk-id 7 --json"), ("deploy", "deploy --json")],
)
def test_a_pod_calls_its_stage_and_names_the_object_of_the_result(kubernetes, tmp_path, task, arguments):
    done = run(script(kubernetes, task), tmp_path, 'echo "$@"', RUN_ID="7", CHUNK_ID="7", RESULT="results/a b")
    assert done.stdout == f"--result results/a b {arguments}\n"


def test_a_pod_without_input_is_skipped_and_starts_nothing(kubernetes, tmp_path):
    done = run(script(kubernetes, "train"), tmp_path, "echo started", CHUNK_ID="", RESULT="results/a")
    assert (done.returncode, done.stdout) == (99, "")


@pytest.mark.parametrize("overlay", ["local", "production"])
def test_pods_are_what_the_overlays_deploy(kubernetes, tmp_path, overlay):
    wanted = named(rendered(overlay, tmp_path), "Job", "migrate")["spec"]["template"]["spec"]
    (wanted_container,) = wanted["containers"]
    for task in (task for dag in kubernetes["dags"].values() for task in dag["tasks"].values()):
        labels = {"app.kubernetes.io/name": "task", "app.kubernetes.io/part-of": "matinee"}
        assert task["pod"]["metadata"]["labels"] == labels
        spec = task["pod"]["spec"]
        (container,) = spec["containers"]
        assert spec | {"containers": wanted["containers"], "restartPolicy": "Never"} == wanted
        for name in ("envFrom", "securityContext", "volumeMounts"):
            assert container[name] == wanted_container[name]
        assert container["resources"]["limits"] == {"memory": "4G"}


def test_a_pod_may_take_the_memory_of_the_settings_and_has_an_address_for_spark(tmp_path):
    dags = read(tmp_path, "kubernetes", MATINEE_MEMORY="0.5", MATINEE_TRAINER="spark")["dags"]
    (container,) = dags["deploy_model"]["tasks"]["deploy"]["pod"]["spec"]["containers"]
    assert container["env"] == [
        {"name": "SPARK_LOCAL_HOSTNAME", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    ]
    assert container["resources"]["limits"] == {"memory": "0.5G"}
    assert container["resources"]["requests"]["memory"] == "0.5G"


def run(script: str, folder: Path, matinee: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a task's shell lines with a `matinee` that does as `matinee` (shell lines) says."""
    program = folder / "matinee"
    program.write_text(f"#!/bin/sh\n{matinee}\n")
    program.chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", **variables}
    # As Airflow does: one stream for both, the last line is the result.
    return subprocess.run(
        ["bash", "-c", script],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def script(dags: dict, task: str, dag_id: str = "") -> str:
    wanted = [dag_id] if dag_id else ["train_model", "deploy_model", "prune_home"]
    found = [dags["dags"][each]["tasks"] for each in wanted]
    return next(tasks[task]["script"] for tasks in found if task in tasks)


def test_a_task_ends_with_the_result_whatever_is_logged_after_it(process, tmp_path):
    done = run(script(process, "deploy"), tmp_path, """echo '{"version": "4"}'; echo goodbye >&2""")
    assert json.loads(done.stdout.splitlines()[-1]) == {"version": "4"}
    assert "goodbye" in done.stdout


@pytest.mark.parametrize("exit_code", [1, 3, 4])
def test_a_task_ends_as_its_stage_does(process, tmp_path, exit_code):
    assert run(script(process, "deploy"), tmp_path, f"exit {exit_code}").returncode == exit_code


def test_a_task_without_input_is_skipped_and_starts_nothing(process, tmp_path):
    done = run(script(process, "train"), tmp_path, "echo started", CHUNK_ID="")
    assert (done.returncode, done.stdout) == (99, "")


def test_a_run_id_is_never_read_as_code(process, tmp_path):
    strange = "scheduled__2025-01-01T00:00:00+00:00\"; $(touch hacked) `touch hacked` 'x"
    done = run(script(process, "ingest"), tmp_path, """printf '%s\\n' "$3" """, RUN_ID=strange)
    assert done.stdout == f"{strange}\n"


@pytest.mark.parametrize(
    ("task", "arguments"),
    [
        ("ingest", "ingest --run-id 7 --json"),
        ("train", "train --chunk-id 7 --json"),
        ("evaluate", "evaluate --run-id 7 --json"),
        ("promote", "promote --run-id 7 --json"),
        ("deploy", "deploy --json"),
        ("prune", "prune --json"),
    ],
)
def test_a_task_calls_its_stage(process, tmp_path, task, arguments):
    done = run(script(process, task), tmp_path, 'echo "$@"', RUN_ID="7", CHUNK_ID="7")
    assert done.stdout == f"{arguments}\n"


def test_a_promotion_by_hand_names_its_version_and_its_reason(process, tmp_path):
    shell = script(process, "promote", "promote_version")
    done = run(shell, tmp_path, 'echo "$@"', SUBJECT="7", REASON="I $(like) it")
    assert done.stdout == "promote 7 --reason I $(like) it --json\n"
    assert run(shell, tmp_path, "echo started", SUBJECT="", REASON="why").stdout == ""


FOR_MEMORY = "matinee train was killed, most likely because memory ran out. Set MATINEE_MEMORY"


@pytest.mark.parametrize(
    ("counted", "meanwhile", "said"),
    [
        ("oom_kill 0\n", "echo oom_kill 1 >", FOR_MEMORY),
        ("oom_kill 3\n", "echo oom_kill 3 >", "matinee train was killed by signal 9, and not for memory:"),
        ("", "rm", FOR_MEMORY),  # as on macOS
    ],
)
def test_a_task_that_is_killed_says_whether_memory_ran_out(process, tmp_path, counted, meanwhile, said):
    vmstat = tmp_path / "vmstat"
    vmstat.write_text(counted)
    shell = script(process, "train").replace("/proc/vmstat", str(vmstat))
    done = run(shell, tmp_path, f"{meanwhile} {vmstat}; kill -9 $$", CHUNK_ID="3")
    assert done.returncode == 137
    assert said in done.stdout


def test_a_task_that_fails_otherwise_is_not_called_killed(process, tmp_path):
    done = run(script(process, "train"), tmp_path, "exit 4", CHUNK_ID="3")
    assert done.returncode == 4
    assert "killed" not in done.stdout


@pytest.mark.parametrize(("exit_code", "is_final"), [(5, True), (4, False), (55, False)])
def test_only_what_cannot_be_afforded_is_not_tried_again(tmp_path, exit_code, is_final):
    source = f"""
import sys; sys.path.append({str(DAGS)!r})
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from stage_operator import StageOperator
try:
    StageOperator(task_id="train", bash_command="exit {exit_code}").execute({{}})
except AirflowException as error:
    print(isinstance(error, AirflowFailException))
"""
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
    done = subprocess.run([sys.executable, "-c", source], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == str(is_final)


@pytest.mark.parametrize(("printed", "raises"), [('{"version": 4}', ""), ("not a result", "JSONDecodeError")])
def test_a_task_whose_result_cannot_be_read_fails_and_is_tried_again(tmp_path, printed, raises):
    source = f"""
import sys; sys.path.append({str(DAGS)!r})
from airflow.sdk.exceptions import AirflowFailException
from stage_task import stage_task
try:
    print("result", stage_task("deploy").execute({{}}))
except Exception as error:
    print("raised", type(error).__name__, isinstance(error, AirflowFailException))
"""
    (tmp_path / "matinee").write_text(f"#!/bin/sh\necho '{printed}'\n")
    (tmp_path / "matinee").chmod(0o755)
    own = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
    environment = os.environ | own | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([sys.executable, "-c", source], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == (f"raised {raises} False" if raises else "result {'version': 4}")
