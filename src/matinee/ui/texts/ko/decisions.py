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
        "beats popularity": "NDCG@10 {candidate:.4f}, 인기순 목록은 {popularity:.4f} ({n_users:.0f}명 기준)",
        "not worse than the incumbent": "프로덕션 모델과의 차이 {mean:+.1%} (구간 {low:+.1%} ~ {high:+.1%}), "
        "하한이 {margin:+.1%}보다 높아야 합니다",
        "segment warm": "모델이 아는 사용자: 프로덕션 모델보다 {difference:+.1%}",
        "segment new": "새 사용자: 프로덕션 모델보다 {difference:+.1%}",
        "segment light": "평점이 적은 사용자: 프로덕션 모델보다 {difference:+.1%}",
        "segment heavy": "평점이 많은 사용자: 프로덕션 모델보다 {difference:+.1%}",
        "coverage": "목록에 나온 영화 {candidate:.0f}편, 프로덕션 모델은 {incumbent:.0f}편",
    },
    pooled="이 청크의 사용자 {n_newest:.0f}명은 판정하기에 너무 적어 이전 청크의 사용자도 함께 셌습니다. "
    "이 청크만 보면 위에 나온 대로 NDCG@10은 {newest:.4f}입니다.",
)
