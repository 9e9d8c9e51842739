"""Sentences that the doctor writes, in Korean."""

from collections.abc import Mapping

_SENTENCES = (
    (
        r"the home",
        "홈",
    ),
    (
        r"(.+) has (\S+) GB left, and matinee wants (\S+) GB\.",
        "{0}: {1} GB가 남았습니다. matinee에는 {2} GB가 필요합니다.",
    ),
    (
        r"The disk is full in about (\S+) days: (.+) has grown by (\S+) MB a day\.",
        "약 {0}일 뒤에 디스크가 가득 찹니다. {1}: 하루에 {2} MB씩 늘었습니다.",
    ),
    (
        r"Free some, or move the home and set MATINEE_HOME to where it is\.",
        "공간을 비우거나, 홈을 옮기고 그 위치를 MATINEE_HOME에 적으세요.",
    ),
    (
        r"(\S+) GB free for (.+)",
        "{1}: {0} GB 남음",
    ),
    (
        r"(\S+) GB free; (.+) has grown by (\S+) MB a day, enough for (\S+) days",
        "{0} GB 남음. {1}: 하루에 {2} MB씩 늘어 {3}일 동안 충분합니다",
    ),
    (
        r"(\S+) taken, (\S+) of them not closed; (\S+) ratings came late, and were learned",
        "청크 {0}개, 그중 닫히지 않은 것 {1}개. 늦게 온 평점 {2}개도 학습했습니다",
    ),
    (
        r"none is taken yet",
        "아직 없음",
    ),
    (
        r"(\S+) ratings wait, and no chunk was taken for (\S+) days\.",
        "평점 {0}개가 기다리는데 {1}일 동안 청크를 가져가지 않았습니다.",
    ),
    (
        r"See whether train_model is paused or fails \(under DAGs here\), then run: (matinee next)\.",
        "train_model이 멈췄거나 실패하는지 DAG 항목에서 확인한 다음 실행하세요: {0}",
    ),
    (
        r"(\S+) ratings wait; the newest chunk was taken (\S+) days ago",
        "기다리는 평점 {0}개. 가장 새로운 청크는 {1}일 전에 가져갔습니다",
    ),
    (
        r"(.+) in the source, (\S+) of these of movies; (.+) in chunks, (\S+) of these in the newest that has any",
        "원본: {0} (그중 영화 {1}개). 청크: {2} (그중 가장 새로운 청크 {3}개)",
    ),
    (
        r"(\S+) of the (\S+) rows of ratings cannot be used: ([^.]+)\.",
        "평점 {1}행 중 {0}를 쓸 수 없습니다: {2}.",
    ),
    (
        r"(\S+) of the (\S+) rows of movies cannot be used: ([^.]+)\.",
        "영화 {1}행 중 {0}를 쓸 수 없습니다: {2}.",
    ),
    (
        r"Do what (docs/own-data\.md) says of each reason; the rows are in (\S+) of the home\.",
        "이유마다 할 일은 {0}에 있습니다. 해당 행은 홈의 {1} 파일에 있습니다.",
    ),
    (
        r"(\S+) answers (\d+)\.",
        "{0}: 응답 코드 {1}",
    ),
    (
        r"(\S+) does not answer \((.+)\)\.",
        "{0}: 응답이 없습니다({1}).",
    ),
    (
        r"Start it: (matinee up)\. If it runs and does not heal, see: (matinee logs [\w-]+)\.",
        "시작하세요: {0}. 실행 중인데도 회복되지 않으면 확인하세요: {1}",
    ),
    (
        r"all are known and none is paused; the last day, deployment and night went well",
        "DAG를 모두 찾았고 멈춘 것이 없으며, 마지막 하루, 배포, 밤 정리도 모두 성공했습니다",
    ),
    (
        r"Airflow does not know (\S+)\.",
        "Airflow에 {0} DAG가 없습니다.",
    ),
    (
        r"(\S+) is paused: its runs wait until it is unpaused\.",
        "{0} DAG가 일시 정지 상태입니다. 다시 켤 때까지 실행이 기다립니다.",
    ),
    (
        r"A DAG file cannot be read \((.+)\)\.",
        "DAG 파일을 읽을 수 없습니다({0}).",
    ),
    (
        r"The last run of (\S+) \((\S+)\) failed in no task\.",
        "{0}의 마지막 실행({1})이 실패했습니다.",
    ),
    (
        r"The last run of (\S+) \((\S+)\) failed in (.+)\.",
        "{0}의 마지막 실행({1})이 실패했습니다. 실패한 태스크: {2}.",
    ),
    (
        r"See (\S+/dags)\.",
        "여기에서 확인하세요: {0}",
    ),
    (
        r"no version is registered yet",
        "아직 등록한 버전이 없습니다",
    ),
    (
        r"(\S+) versions are registered, and none is in production\.",
        "버전 {0}개가 등록되어 있지만 프로덕션에 있는 것이 없습니다.",
    ),
    (
        r"Choose one \((matinee versions)\): (matinee promote \S+ --reason WHY)\.",
        "하나를 고르세요({0}): {1}",
    ),
    (
        r"The files of version (\S+), which is in production, are gone from MLflow\.",
        "프로덕션에 있는 버전 {0}의 파일이 MLflow에서 사라졌습니다.",
    ),
    (
        r"Go back to another one: (matinee rollback)\. Or restore a backup\.",
        "다른 버전으로 되돌리거나({0}) 백업을 복원하세요.",
    ),
    (
        r"(\S+) versions, version (\S+) in production",
        "버전 {0}개, 프로덕션은 버전 {1}",
    ),
    (
        r"(\S+) versions, version (\S+) in production since (\S+ \S+) \((.+)\)",
        "버전 {0}개, 프로덕션은 {2}부터 버전 {1}({3})",
    ),
    (
        r"The API server serves version (\S+), and version (\S+) is in production\.",
        "API 서버는 버전 {0}, 프로덕션은 버전 {1}입니다.",
    ),
    (
        r"The API server serves no version, and version (\S+) is in production\.",
        "프로덕션은 버전 {0}인데 API 서버에는 모델이 없습니다.",
    ),
    (
        r"Run: (matinee deploy)\. If that does not help, see: (matinee logs api)\.",
        "실행하세요: {0}. 그래도 안 되면 확인하세요: {1}",
    ),
    (
        r"version (\S+), as in production",
        "버전 {0}, 프로덕션과 같습니다",
    ),
    (
        r"the fallback; there is no model yet",
        "아직 모델이 없어 인기순으로 보여 줍니다",
    ),
    (
        r"every part works",
        "모두 동작합니다",
    ),
    (
        r"The API server answers, but not all of it works \((.+)\)\.",
        "API 서버가 응답하지만 일부가 동작하지 않습니다({0}).",
    ),
    (
        r"See(?: why)?: (matinee logs api)\.",
        "확인하세요: {0}",
    ),
    (
        r"none has died since the API server started",
        "API 서버가 시작한 뒤로 죽은 작업이 없습니다",
    ),
    (
        r"Tasks of the API server died since its start and were started again: (.+)\.",
        "API 서버가 시작한 뒤로 작업이 죽어 다시 시작했습니다: {0}.",
    ),
)

DOCTOR: Mapping[str, str] = dict(_SENTENCES)
"""By pattern of the English sentence; what it names is `{0}`, `{1}` …"""
