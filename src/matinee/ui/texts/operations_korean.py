"""Words of the page "Operations", in Korean."""

from matinee.ui.texts.korean import Korean
from matinee.ui.texts.operations import OperationsTexts

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
    roll_back=Korean("버전 {version}(으)로 되돌리기"),
    nothing_to_roll_back="되돌리기",
    promote="버전 {version} 승격하기",
    nothing_to_promote="승격하기",
    confirm_advance="다음 날의 평점을 가져와 모델을 학습하고, 프로덕션에 올릴지 심사합니다. 30초쯤 걸립니다.",
    confirm_roll_back=Korean(
        "이전에 서비스했던 버전 {version}이(가) 몇 초 안에 다시 프로덕션에 올라갑니다. 학습은 하지 않습니다."
    ),
    confirm_promote=Korean("심사 결과와 상관없이 버전 {version}을(를) 프로덕션에 올립니다. 이유는 기록에 남습니다."),
    reason="이유",
    confirm="실행",
    last_run="최근 실행",
    waits="실행 중입니다. 끝나면 버튼을 다시 쓸 수 있습니다.",
    no_runs="아직 실행한 것이 없습니다.",
    ended="{action}: {outcome}.",
    serves=Korean("지금 버전 {version}이(가) 서비스 중입니다."),
    timeline="버전별 성능",
    timeline_alt="꺾은선 차트: 버전별 NDCG@10과 비교 기준. 버전마다 판정을 표시했습니다. "
    "숫자와 판정은 아래 표에도 있습니다.",
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
    live="페이지에서 받은 평점",
    quarantined="격리한 행",
    why_quarantined="격리한 이유",
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
        "train": "데이터 점검과 학습",
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
        "failed": "실패했습니다",
    },
    verdicts={
        "promote": "승격",
        "reject": "거절",
        "": "미정",
        "usual": "평소와 같음",
        "drifted": "분포가 달라짐",
        "refused": "거부됨",
    },
    fates={
        "promoted": "승격",
        "by_hand": "직접 승격",
        "rejected": "심사에서 거절",
        "rolled_back": "되돌림",
        "undecided": "미정",
    },
    quarantine={
        "wrong_encoding": "UTF-8이 아님",
        "wrong_number_of_fields": "칸 수가 맞지 않음",
        "empty_id": "사용자나 영화가 비어 있음",
        "rating_not_a_number": "평점이 숫자가 아님",
        "rating_out_of_range": "평점이 범위를 벗어남",
        "timestamp_missing": "시각이 없음",
        "timestamp_unreadable": "시각을 읽을 수 없음",
        "timestamp_out_of_range": "있을 수 없는 시각",
        "duplicate": "같은 행이 또 있음",
        "same_user_movie_and_time": "같은 시각에 다른 평점이 있음",
        "late": "이미 닫힌 청크의 평점",
    },
    policies={"learned": "학습한 취향", "fold_in": "방금 매긴 평점 반영", "popular": "인기 영화"},
    not_started="**{action}**: 시작하지 않았습니다.",
    server_said="서버가 보낸 설명: {reason}",
    refusals={
        "unauthorized": "페이지에 올바른 토큰이 없습니다. 페이지와 API 서버가 홈 폴더의 같은 `secrets/api_token`이나 "
        "같은 `MATINEE_API_TOKEN`을 읽어야 합니다. 둘을 맞춘 뒤 페이지를 다시 시작하세요.",
        "dag-paused": "Airflow에서 이 DAG이 멈춰 있습니다. Airflow에서 켠 다음 다시 시도하세요.",
        "dag-missing": "Airflow가 이 DAG을 아직 읽지 못했습니다. 1분쯤 뒤에 다시 시도하세요. "
        "DAG 파일의 오류는 Airflow 첫 화면에 나옵니다.",
        "airflow-unreachable": "Airflow가 응답하지 않습니다. `matinee up`을 실행하면 꺼진 것만 다시 켜집니다. "
        "그런 다음 다시 시도하세요. 추천은 그동안에도 계속됩니다.",
        "mlflow-unreachable": "MLflow가 응답하지 않습니다. `matinee up`을 실행하면 꺼진 것만 다시 켜집니다. "
        "그런 다음 다시 시도하세요. 추천은 그동안에도 계속됩니다.",
        "not-found": "이제 존재하지 않습니다. 페이지를 새로 고치고 다른 것을 고르세요.",
        "api-unreachable": "API 서버가 응답하지 않아 시작되었는지 알 수 없습니다. 잠시 뒤 다시 누르세요. "
        "같은 요청이 두 번 실행되는 일은 없습니다.",
    },
    left_out="누군가 이 청크를 제외했습니다: {reason}.",
    advice={
        "rejected": Korean(
            "따로 할 일은 없습니다. 프로덕션 모델은 그대로이고, 다음 날 모델을 새로 심사합니다. "
            "그래도 서비스하려면 아래에서 버전 {version}을(를) 골라 승격하세요."
        ),
        "refused": "아무것도 학습하지 않았습니다. 평점에 문제가 없다면 `matinee watch {chunk} --accept --reason 이유`, "
        "문제가 있다면 `matinee watch {chunk} --leave-out --reason 이유`를 실행하세요.",
        "refused_roll_back": "이전에 서비스한 버전이 없어 되돌릴 곳이 없습니다.",
        "refused_promote": "프로덕션 모델은 그대로입니다. 어떤 규칙인지는 [Airflow의 로그]({log})에 있습니다.",
        "failed": "프로덕션 모델은 그대로입니다. [Airflow의 로그]({log})에서 원인을 고친 뒤 다시 실행하세요.",
    },
    checks={
        "beats popularity": "NDCG@10 {candidate:.4f}, 인기순 목록은 {popularity:.4f} ({n_users:.0f}명 기준)",
        "not worse than the incumbent": "프로덕션 모델과의 차이 {mean:+.1%} (구간 {low:+.1%} ~ {high:+.1%}), "
        "하한이 {margin:+.1%}보다 높아야 합니다",
        **{
            f"segment {name}": f"{who}: 프로덕션 모델보다 {{difference:+.1%}}"
            for name, who in {
                "warm": "모델이 아는 사용자",
                "new": "새 사용자",
                "light": "평점이 적은 사용자",
                "heavy": "평점이 많은 사용자",
            }.items()
        },
        "coverage": "목록에 나온 영화 {candidate:.0f}편, 프로덕션 모델은 {incumbent:.0f}편",
    },
    pooled="이 청크의 사용자 {n_newest:.0f}명만으로는 판단하기에 적어 이전 청크의 사용자도 함께 셌습니다. "
    "이 청크만 보면 위에 나온 대로 NDCG@10은 {newest:.4f}입니다.",
)
