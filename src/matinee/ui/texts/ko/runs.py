"""Texts of runs of the pipeline, in Korean."""

from matinee.ui.texts.fields.runs import RunTexts
from matinee.ui.texts.particles import KoreanText

RUNS = RunTexts(
    advance="하루 진행하기",
    roll_back=KoreanText("버전 {version}(으)로 되돌리기"),
    nothing_to_roll_back="되돌리기",
    promote="버전 {version} 승격하기",
    nothing_to_promote="승격하기",
    confirm_advance="다음 날의 평점을 가져와 모델을 학습하고, 게이트가 프로덕션에 올릴지 결정합니다. 30초쯤 걸립니다.",
    confirm_roll_back=KoreanText(
        "이전에 서비스했던 버전 {version}이(가) 몇 초 안에 다시 프로덕션에 올라갑니다. 학습은 하지 않습니다."
    ),
    confirm_promote=KoreanText(
        "게이트의 결정과 상관없이 버전 {version}을(를) 프로덕션에 올립니다. 이유는 기록에 남습니다."
    ),
    reason="이유",
    do_advance="진행",
    do_roll_back=KoreanText("{version}(으)로 되돌리기"),
    do_promote=KoreanText("{version}을(를) 승격하기"),
    last_run="최근 실행",
    waits="실행 중입니다. 끝나면 버튼을 다시 쓸 수 있습니다.",
    no_runs="아직 실행한 것이 없습니다.",
    ended="{action}: {outcome}.",
    serves=KoreanText("지금 버전 {version}이(가) 서비스 중입니다."),
    actions={"advance": "하루 진행", "promote": "승격", "roll_back": "되돌리기", "resume": "고정 풀기"},
    states={
        "waiting": "대기",
        "running": "진행 중",
        "success": "완료",
        "failed": "실패",
        "skipped": "생략",
    },
    steps={
        "ingest": "평점 가져오기",
        "train": "데이터 점검과 학습",
        "evaluate": "평가",
        "promote": "승격",
        "deploy": "배포",
        "rollback": "되돌리기",
        "resume": "고정 풀기",
    },
    outcomes={
        "promoted": "새 버전이 승격되었습니다",
        "rejected": "게이트가 새 버전을 거절했습니다",
        "no_more_data": "더 가져올 데이터가 없습니다",
        "not_over": "기간이 아직 끝나지 않아 가져올 데이터가 없습니다",
        "rolled_back": "되돌렸습니다",
        "resumed": "고정을 풀었습니다",
        "refused": "규칙에 따라 거절되었습니다",
        "failed": "실패했습니다",
    },
    left_out="이 청크는 제외되었습니다: {reason}.",
    advice={
        "rejected": KoreanText(
            "따로 할 일은 없습니다. 프로덕션 모델은 그대로이고, 다음 날 다시 결정합니다. "
            "그래도 서비스하려면 아래에서 버전 {version}을(를) 골라 승격하세요."
        ),
        "refused": "아무것도 학습하지 않았습니다. 평점에 문제가 없다면 `matinee watch {chunk} --accept --reason 이유`, "
        "문제가 있다면 `matinee watch {chunk} --leave-out --reason 이유`를 실행하세요.",
        "refused_roll_back": "이전에 서비스한 버전이 없어 되돌릴 곳이 없습니다.",
        "refused_resume": "고정된 버전이 없습니다.",
        "refused_promote": "프로덕션 모델은 그대로입니다. 어떤 규칙인지는 [Airflow 로그]({log})에 있습니다.",
        "failed": "프로덕션 모델은 그대로입니다. [Airflow 로그]({log})에서 원인을 찾아 고친 뒤 다시 실행하세요.",
    },
    not_started="**{action}**: 시작하지 않았습니다.",
    server_said="서버가 보낸 설명: {reason}",
    refusals={
        "unauthorized": "페이지에 올바른 토큰이 없습니다. 페이지와 API 서버가 홈 폴더의 같은 `secrets/api_token`이나 "
        "같은 `MATINEE_API_TOKEN`을 읽어야 합니다. 둘을 맞춘 뒤 페이지를 다시 시작하세요.",
        "dag-paused": "Airflow에서 이 DAG이 일시 중지되어 있습니다. Airflow에서 켠 다음 다시 시도하세요.",
        "dag-missing": "Airflow가 이 DAG을 아직 읽지 못했습니다. 1분쯤 뒤에 다시 시도하세요. "
        "DAG 파일의 오류는 Airflow 첫 화면에 나옵니다.",
        "airflow-unreachable": "Airflow를 사용할 수 없습니다. `matinee up`을 실행하면 꺼진 것만 다시 켜집니다. "
        "그런 다음 다시 시도하세요. 추천은 그동안에도 계속됩니다.",
        "mlflow-unreachable": "MLflow를 사용할 수 없습니다. `matinee up`을 실행하면 꺼진 것만 다시 켜집니다. "
        "그런 다음 다시 시도하세요. 추천은 그동안에도 계속됩니다.",
        "not-found": "이제 존재하지 않습니다. 페이지를 새로 고치고 다른 것을 고르세요.",
        "api-unreachable": "API 서버가 응답하지 않아 시작되었는지 알 수 없습니다. 잠시 뒤 다시 시도하세요. "
        "같은 요청이 두 번 실행되는 일은 없습니다.",
    },
)
