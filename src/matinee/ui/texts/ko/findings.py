"""Texts of what the doctor finds, in Korean."""

from matinee.ui.texts.fields.findings import FindingTexts

FINDINGS = FindingTexts(
    well="이상이 없습니다: {total}가지를 살펴보았습니다 ({at})",
    wrong="이상: 살펴본 {total}가지 가운데 {count}가지 ({at})",
    names={
        "disk": "디스크",
        "storage": "저장소",
        "chunks": "청크",
        "days": "밀린 날",
        "quarantine": "격리",
        "DAGs": "작업 흐름(DAG)",
        "registry": "레지스트리",
        "served model": "서빙 중인 모델",
        "parts of the API server": "API 서버의 부분",
        "background tasks": "백그라운드 작업",
    },
)
