"""Words of the pages "Operations" and "Data", in Korean and in English."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OperationsTexts:
    """Page "Operations"."""

    title: str
    in_production: str
    version: str
    since: str
    through: str
    nothing: str
    quality: str
    popularity: str
    links: str
    airflow: str
    mlflow: str
    away: str
    advance: str
    roll_back: str
    promote: str
    confirm_advance: str
    confirm_roll_back: str
    confirm_promote: str
    reason: str
    confirm: str
    last_run: str
    waits: str
    no_runs: str
    ended: str
    serves: str
    timeline: str
    timeline_alt: str
    table: str
    choose_version: str
    verdict: str
    decision: str
    no_decision: str
    passed: str
    failed: str
    ledger: str
    chunk: str
    days: str
    ratings: str
    live: str
    quarantined: str
    compare: str
    compare_user: str
    compare_hint: str
    contenders: Mapping[str, str]
    states: Mapping[str, str]
    actions: Mapping[str, str]
    steps: Mapping[str, str]
    outcomes: Mapping[str, str]
    verdicts: Mapping[str, str]
    checks: Mapping[str, str]
    """By name of a check of the gate: a sentence with its numbers."""


@dataclass(frozen=True, kw_only=True)
class DataTexts:
    """Page "Data"."""

    title: str
    per_day: str
    day: str
    ratings: str
    newcomers: str
    new_users: str
    new_movies: str
    drift: str
    drift_hint: str
    rating_distance: str
    popularity_distance: str
    distance: str
    stars: str
    stars_hint: str
    coverage: str
    coverage_hint: str
    chunk: str
    share: str
    kind: str
    count: str
    none_yet: str
    not_usual: str


_ENGLISH_CHECKS = {
    "beats popularity": "NDCG@10 {candidate:.4f} against popularity's {popularity:.4f}, for {n_users:.0f} people",
    "not worse than the incumbent": "Difference to the model in production {mean:+.1%}, interval {low:+.1%} to "
    "{high:+.1%}; it has to lie above {margin:+.1%}",
    "coverage": "{candidate:.0f} different movies in the lists, {incumbent:.0f} with the model in production",
}

ENGLISH_OPERATIONS = OperationsTexts(
    title="Operations",
    in_production="In production",
    version="Version {version}",
    since="Since",
    through="Trained on data through",
    nothing="nothing yet",
    quality="NDCG@10",
    popularity="popularity: {value:.3f}",
    links="More of it",
    airflow="Runs in Airflow",
    mlflow="Versions in MLflow",
    away="This part cannot be shown right now; the page tries again by itself. {reason}",
    advance="Advance one day",
    roll_back="Roll back to version {version}",
    promote="Promote version {version}",
    confirm_advance="The next day of ratings is taken, a model is trained on it, and the gate decides whether it goes "
    "into production. This takes about half a minute.",
    confirm_roll_back="Version {version}, which served before, goes into production again within seconds. "
    "Nothing is trained.",
    confirm_promote="Version {version} goes into production, whatever the gate said of it. The reason is recorded.",
    reason="Reason",
    confirm="Do it",
    last_run="Last run",
    waits="A run is under way; the buttons come back when it has ended.",
    no_runs="Nothing has run yet.",
    ended="{action}: {outcome}.",
    serves="Version {version} is served now.",
    timeline="Quality of the versions",
    timeline_alt="Line chart: NDCG@10 of each version beside its baselines. The numbers are in the table below.",
    table="The numbers as a table",
    choose_version="Version to look at",
    verdict="Verdict",
    decision="Why it was decided so",
    no_decision="Nobody has decided on this version.",
    passed="passed",
    failed="failed",
    ledger="Chunks of ratings",
    chunk="Chunk",
    days="Days",
    ratings="Ratings",
    live="From this page",
    quarantined="In quarantine",
    compare="The same person under two versions",
    compare_user="User",
    compare_hint="**Bold**: only in this list.",
    contenders={
        "ndcg_at_10": "this version",
        "incumbent_ndcg_at_10": "in production then",
        "popularity_ndcg_at_10": "popularity",
        "popularity_30d_ndcg_at_10": "popularity of 30 days",
        "item_knn_ndcg_at_10": "similar movies (item-kNN)",
    },
    states={
        "waiting": "waiting",
        "running": "running",
        "success": "done",
        "failed": "failed",
        "skipped": "not needed",
    },
    actions={"advance": "Advance one day", "promote": "Promotion", "roll_back": "Rollback"},
    steps={
        "ingest": "Take ratings",
        "watch": "Watch the data",
        "train": "Train",
        "evaluate": "Evaluate",
        "promote": "Promote",
        "deploy": "Deploy",
        "rollback": "Roll back",
    },
    outcomes={
        "promoted": "a new version was promoted",
        "rejected": "the gate rejected the new version",
        "no_more_data": "there is no more data",
        "rolled_back": "rolled back",
        "refused": "a rule refused it",
        "failed": "it failed; Airflow has the log",
    },
    verdicts={
        "promote": "promoted",
        "reject": "rejected",
        "": "undecided",
        "usual": "usual",
        "drifted": "drifted",
        "refused": "refused",
    },
    checks=_ENGLISH_CHECKS,
)

KOREAN_OPERATIONS = OperationsTexts(
    title="운영",
    in_production="프로덕션",
    version="버전 {version}",
    since="시작 시각",
    through="학습 데이터 기준일",
    nothing="아직 없음",
    quality="NDCG@10 (추천 정확도)",
    popularity="인기순 목록: {value:.3f}",
    links="자세히 보기",
    airflow="Airflow에서 실행 보기",
    mlflow="MLflow에서 버전 보기",
    away="이 부분을 지금 보여 드릴 수 없습니다. 페이지가 저절로 다시 시도합니다. {reason}",
    advance="하루 진행하기",
    roll_back="버전 {version}(으)로 되돌리기",
    promote="버전 {version} 승격하기",
    confirm_advance="다음 날의 평점을 가져와 모델을 학습하고, 프로덕션에 올릴지 심사합니다. 30초쯤 걸립니다.",
    confirm_roll_back="이전에 서비스했던 버전 {version}이(가) 몇 초 안에 다시 프로덕션에 올라갑니다. "
    "학습은 하지 않습니다.",
    confirm_promote="심사 결과와 상관없이 버전 {version}을(를) 프로덕션에 올립니다. 이유는 기록에 남습니다.",
    reason="이유",
    confirm="실행",
    last_run="최근 실행",
    waits="실행 중입니다. 끝나면 버튼을 다시 쓸 수 있습니다.",
    no_runs="아직 실행한 것이 없습니다.",
    ended="{action}: {outcome}.",
    serves="지금 버전 {version}이(가) 서비스 중입니다.",
    timeline="버전별 성능",
    timeline_alt="꺾은선 차트: 버전별 NDCG@10과 비교 기준. 같은 숫자가 아래 표에 있습니다.",
    table="숫자를 표로 보기",
    choose_version="살펴볼 버전",
    verdict="판정",
    decision="이렇게 결정한 이유",
    no_decision="이 버전은 아직 심사하지 않았습니다.",
    passed="통과",
    failed="실패",
    ledger="평점 청크",
    chunk="청크",
    days="기간",
    ratings="평점",
    live="이 페이지에서",
    quarantined="격리됨",
    compare="같은 사람, 두 버전의 목록",
    compare_user="사용자",
    compare_hint="**굵은 글씨**는 이 목록에만 있는 영화입니다.",
    contenders={
        "ndcg_at_10": "이 버전",
        "incumbent_ndcg_at_10": "당시 프로덕션",
        "popularity_ndcg_at_10": "인기순",
        "popularity_30d_ndcg_at_10": "최근 30일 인기순",
        "item_knn_ndcg_at_10": "비슷한 영화 (item-kNN)",
    },
    states={"waiting": "대기", "running": "진행 중", "success": "완료", "failed": "실패", "skipped": "생략"},
    actions={"advance": "하루 진행", "promote": "승격", "roll_back": "되돌리기"},
    steps={
        "ingest": "평점 가져오기",
        "watch": "데이터 점검",
        "train": "학습",
        "evaluate": "평가",
        "promote": "승격",
        "deploy": "배포",
        "rollback": "되돌리기",
    },
    outcomes={
        "promoted": "새 버전이 승격되었습니다",
        "rejected": "새 버전이 심사에서 거절되었습니다",
        "no_more_data": "더 가져올 데이터가 없습니다",
        "rolled_back": "되돌렸습니다",
        "refused": "규칙에 따라 거절되었습니다",
        "failed": "실패했습니다. Airflow에 로그가 있습니다",
    },
    verdicts={
        "promote": "승격",
        "reject": "거절",
        "": "미정",
        "usual": "평소와 같음",
        "drifted": "분포가 달라짐",
        "refused": "거부됨",
    },
    checks={
        "beats popularity": "NDCG@10 {candidate:.4f}, 인기순 목록은 {popularity:.4f} ({n_users:.0f}명 기준)",
        "not worse than the incumbent": "프로덕션 모델과의 차이 {mean:+.1%} (구간 {low:+.1%} ~ {high:+.1%}), "
        "하한이 {margin:+.1%}보다 높아야 합니다",
        "coverage": "목록에 나온 영화 {candidate:.0f}편, 프로덕션 모델은 {incumbent:.0f}편",
    },
)

ENGLISH_DATA = DataTexts(
    title="Data",
    per_day="Ratings a day",
    day="Day",
    ratings="Ratings",
    newcomers="New people and movies",
    new_users="new people",
    new_movies="new movies",
    drift="Drift from chunk to chunk",
    drift_hint="How far a chunk lies from its past: 0 is the same, 1 has nothing in common (Jensen-Shannon distance).",
    rating_distance="stars",
    popularity_distance="popularity of the movies",
    distance="Distance",
    stars="Stars in each chunk",
    stars_hint="Share of each number of stars.",
    coverage="Catalogue coverage",
    coverage_hint="Part of {count:,} movies that version {version} has recommended to somebody since it was loaded.",
    chunk="Chunk",
    share="Share",
    kind="Kind",
    count="Number",
    none_yet="The data watch has not looked at a chunk yet. Charts appear here by themselves after the next day.",
    not_usual="Chunk {chunk}: {verdict}. {reasons}",
)

KOREAN_DATA = DataTexts(
    title="데이터",
    per_day="하루 평점 수",
    day="날짜",
    ratings="평점 수",
    newcomers="새로 온 사람과 새 영화",
    new_users="새 사용자",
    new_movies="새 영화",
    drift="청크마다 달라지는 분포",
    drift_hint="청크가 과거와 얼마나 다른지 나타냅니다. 0은 같음, 1은 겹치는 데가 없음입니다(Jensen-Shannon 거리).",
    rating_distance="별점",
    popularity_distance="영화 인기도",
    distance="거리",
    stars="청크별 별점 분포",
    stars_hint="별 개수마다 차지하는 비율입니다.",
    coverage="카탈로그 커버리지",
    coverage_hint="영화 {count:,}편 가운데 버전 {version}이(가) 올라온 뒤 누군가에게 추천한 비율입니다.",
    chunk="청크",
    share="비율",
    kind="구분",
    count="수",
    none_yet="데이터 점검 기록이 아직 없습니다. 다음 날을 진행하면 차트가 저절로 나타납니다.",
    not_usual="청크 {chunk}: {verdict}. {reasons}",
)
