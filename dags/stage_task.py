"""A task that runs one stage of the `matinee` command line, in a process or in a pod of its own.

The stage prints one JSON object; the task returns it, so that the next task can take its arguments from it. Airflow's
environment needs no training library: the stage brings its own interpreter or image.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator

from matinee.environment import load_settings
from matinee.settings import Settings

REFUSED = 3
"""Exit code of a stage whose rule said no: the task is skipped, the run stays green."""

KILLED = 137
"""Exit code of a shell whose command was killed by signal 9, which the kernel sends when memory has run out."""

OUT_OF_MEMORY = "grep -s '^oom_kill ' /proc/vmstat"
"""Tells how often Linux has killed for memory; nothing where the system does not count it."""

NOTHING_TO_DO = 99
"""Exit code for a stage that has no input, because there are no new ratings: skipped as well."""

TIME_LIMITS = {
    "ingest": timedelta(hours=2),  # of a data set that has to be downloaded and validated first
    **dict.fromkeys(("train", "evaluate", "challenge"), timedelta(hours=6)),
    "prune": timedelta(hours=1),
}
"""After how long a stage that has not ended is taken for one that hangs: it is ended, and tried again."""

TIME_LIMIT = timedelta(minutes=20)
"""Of a stage that only moves something."""


def stage_task(
    name: str,
    arguments: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    *,
    subject: str | None = None,
    gives_way: bool = False,
    **options: Any,  # noqa: ANN401 (an operator takes arguments of many types)
) -> BaseOperator:
    """Task `name` that runs `matinee <name> <subject> --<option> <value> … --json`.

    Args:
        name: the stage, which is also the task's id.
        arguments: option (`chunk-id`) to value, a Jinja template. When it renders to nothing the task is skipped.
        settings: decides between process and pod; default is the environment's.
        subject: what the stage is about, such as a version, for a stage that takes it without an option; a template.
        gives_way: whether it runs behind everything else that wants the processor.
        **options: further arguments of the operator, such as `outlets`.
    """
    settings = settings or load_settings()
    # Values travel in environment variables: the shell never reads them as code, whatever a run id contains.
    variables = {option.upper().replace("-", "_"): value for option, value in (arguments or {}).items()}
    flags = [f'--{option} "${variable}"' for option, variable in zip(arguments or {}, variables, strict=True)]
    if subject is not None:
        variables["SUBJECT"], flags = subject, ['"$SUBJECT"', *flags]
    guards = [f'[ -n "${variable}" ] || exit {NOTHING_TO_DO}' for variable in variables]
    polite = ["nice", "-n", "10"] if gives_way else []
    options = {
        "skip_on_exit_code": [REFUSED, NOTHING_TO_DO],
        "execution_timeout": TIME_LIMITS.get(name, TIME_LIMIT),
    } | options
    if settings.tasks == "kubernetes":
        command = " ".join([*polite, "matinee", "--result", '"$RESULT"', name, *flags, "--json"])
        return _pod(name, guards, command, variables, settings, options)
    command = " ".join([*polite, "matinee", name, *flags, "--json"])
    return _process(name, guards, command, variables, options)


def _process(
    name: str, guards: list[str], command: str, variables: dict[str, str], options: dict[str, Any]
) -> BaseOperator:
    from stage_operator import StageOperator  # noqa: PLC0415 (only in this mode)

    # Airflow takes the last line as the result, and mixes in stderr: print the result when all logging is over.
    script = [*guards, *_killed(name), f"result=$({command}) || failed", "printf '%s\\n' \"$result\""]
    return StageOperator(
        task_id=name,
        bash_command="\n".join(script),
        env=variables,
        append_env=True,
        output_processor=json.loads,
        **options,
    )


def _killed(name: str) -> list[str]:
    """What defines `failed`, which ends the script with the exit code of the command before and says who killed it."""
    of_memory = (
        f"matinee {name} was killed, most likely because memory ran out."
        " Set MATINEE_MEMORY (GB) to what it may take, or learn from fewer ratings."
    )
    by_somebody = (
        f"matinee {name} was killed by signal 9, and not for memory: somebody did it, or it was frozen and matinee did."
    )
    return [
        f"before=$({OUT_OF_MEMORY})",
        "failed() {",
        "  code=$?",
        f'  if [ $code = {KILLED} ] && [ -n "$before" ] && [ "$({OUT_OF_MEMORY})" = "$before" ]; then',
        f'    echo "error: {by_somebody}" >&2',
        f"  elif [ $code = {KILLED} ]; then",
        f'    echo "error: {of_memory}" >&2',
        "  fi",
        "  exit $code",
        "}",
    ]


def _pod(
    name: str, guards: list[str], command: str, variables: dict[str, str], settings: Settings, options: dict[str, Any]
) -> BaseOperator:
    from pod_template import pod_template  # noqa: PLC0415 (only in this mode)
    from stage_pod import StagePod  # noqa: PLC0415 (heavy)

    return StagePod(
        task_id=name,
        name=f"matinee-{name}",
        image=settings.task_image,
        cmds=["sh", "-c"],
        arguments=["\n".join([*guards, command])],
        env_vars=variables,
        pod_template_dict=pod_template(settings),
        do_xcom_push=False,
        # A failure ends with the last lines of the stage, and not with 300 lines of the pod.
        termination_message_policy="FallbackToLogsOnError",
        log_pod_spec_on_failure=False,
        **options,
    )
