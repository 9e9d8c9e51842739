"""Texts of what the doctor finds, in English."""

from matinee.ui.texts.fields.findings import FindingTexts

FINDINGS = FindingTexts(
    well="Nothing is wrong: all of {total} things are well (at {at})",
    wrong="Wrong: {count} of {total} things that were looked at (at {at})",
    names={
        "disk": "disk",
        "storage": "storage",
        "chunks": "chunks",
        "days": "days",
        "quarantine": "quarantine",
        "DAGs": "DAGs",
        "registry": "registry",
        "served model": "served model",
        "parts of the API server": "parts of the API server",
        "background tasks": "background tasks",
    },
)
