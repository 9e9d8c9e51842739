"""Texts of the gate's decisions, in Korean."""

from matinee.ui.texts.fields.decisions import DecisionTexts

DECISIONS = DecisionTexts(
    title="이렇게 결정한 이유",
    verdict="판정",
    verdicts={"promote": "승격", "reject": "거절", "": "미정"},
    no_decision="이 버전은 아직 판정하지 않았습니다.",
    passed="통과",
    failed="실패",
    checks={
        "scores": "기존 사용자 {n_users:.0f}명의 점수가 유한하고 모두 같지는 않은지",
        "learned is the fold-in": "기존 사용자에 대해 학습한 결과와 지난 평점으로 계산한 결과가 {agreement:.0%} 일치 "
        "({least:.0%} 이상이어야 합니다)",
        "resembles the model before": "직전 모델의 목록과 {overlap:.0%} 일치 ({least_overlap:.0%} 이상이어야 합니다)",
        "people of the chunk": "이 청크의 사용자 {n_users:.0f}명, 청크 이전의 평점 기준: 직전 모델보다 "
        "NDCG@10 {difference:+.4f}",
        "beats popularity": "NDCG@10 {candidate:.4f}, 인기순 목록은 {popularity:.4f} ({n_users:.0f}명 기준)",
        "not worse than the incumbent": "프로덕션 모델과의 차이 {mean:+.1%} (구간 {low:+.1%} ~ {high:+.1%}), "
        "하한이 {margin:+.1%}보다 높아야 합니다",
        "segment warm": "모델이 아는 사용자: 프로덕션 모델보다 {difference:+.1%}",
        "segment new": "새 사용자: 프로덕션 모델보다 {difference:+.1%}",
        "segment light": "평점이 적은 사용자: 프로덕션 모델보다 {difference:+.1%}",
        "segment heavy": "평점이 많은 사용자: 프로덕션 모델보다 {difference:+.1%}",
        "coverage": "목록에 나온 영화 {candidate:.0f}편, 프로덕션 모델은 {incumbent:.0f}편",
    },
    questions={
        "sound": "모델이 온전한가요?",
        "good data": "새 데이터가 해롭지 않은가요?",
        "better algorithm": "다른 알고리즘이 더 나은가요?",
        "held": "되돌아간 버전보다 나은가요?",
    },
    outcomes={"passed": "예", "failed": "아니요", "undecided": "아직 알 수 없음", "not asked": "묻지 않음"},
    pooled="이 청크의 사용자 {n_newest:.0f}명은 판정하기에 너무 적어 이전 청크의 사용자도 함께 셌습니다. "
    "이 청크만 보면 위에 나온 대로 NDCG@10은 {newest:.4f}입니다.",
)
