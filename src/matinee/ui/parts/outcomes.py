"""What came of a run, why, and what to do now."""

from collections.abc import Iterator
from urllib.parse import quote

import streamlit as st

from matinee.clients.schemas.runs import RunProgress
from matinee.clients.schemas.versions import Versions
from matinee.ui.parts.decisions import finding
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.sentences import translated

NEWEST = 40
"""Chunks among which that of the run is looked for."""

QUIET = ("no_more_data", "not_over")
"""Outcomes about which there is nothing to do."""


def outcome(visit: Visit, versions: Versions, run: RunProgress) -> None:
    """Tell how the newest run ended."""
    texts = visit.texts.runs
    known = "failed" if run.state == "failed" else run.outcome or "failed"
    lines = [texts.ended.format(action=texts.actions[run.action], outcome=texts.outcomes.get(known, escaped(known)))]
    if run.served_version:
        lines.append(texts.serves.format(version=escaped(run.served_version)))
    if known == "rejected":
        lines += _rejected(visit, versions, run)
    elif known == "refused" and run.action == "advance":
        lines += [*_refused(visit, run), texts.advice["refused"].format(chunk=run.chunk_id)]
    elif known in ("refused", "failed"):
        advice = texts.advice["failed" if known == "failed" else f"refused_{run.action}"]
        lines.append(advice.format(log=_log(visit, run)))
    show = st.success if known in ("promoted", "rolled_back", "resumed") else st.info if known in QUIET else st.warning
    show("  \n".join(lines))


def _rejected(visit: Visit, versions: Versions, run: RunProgress) -> Iterator[str]:
    texts = visit.texts.runs
    version = next((each.version for each in versions.versions if each.chunk_id == run.chunk_id), None)
    record = visit.operator.version(version) if version else None
    broken = [check for check in record.decision.checks if not check.passed] if record and record.decision else []
    yield from (f"- {finding(check, visit.texts)}" for check in broken)
    if not broken:
        yield escaped(translated(run.reason, visit.texts.sentences))
    if version:
        yield f"\n{texts.advice['rejected'].format(version=escaped(version))}"


def _refused(visit: Visit, run: RunProgress) -> Iterator[str]:
    chunk = next((each for each in visit.operator.chunks(NEWEST) if each.chunk_id == run.chunk_id), None)
    if chunk and chunk.decision and chunk.decision.decision == "left_out":
        yield visit.texts.runs.left_out.format(reason=escaped(chunk.decision.reason))
    elif chunk and chunk.statistics:
        yield from (escaped(translated(reason, visit.texts.sentences)) for reason in chunk.statistics.reasons)
    else:
        yield escaped(run.reason)


def _log(visit: Visit, run: RunProgress) -> str:
    dag_id, _, dag_run_id = run.run_id.partition(":")
    return f"{visit.settings.airflow_link}/dags/{quote(dag_id)}/runs/{quote(dag_run_id, safe='')}"
