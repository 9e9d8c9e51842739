"""Texts of the gate's decisions, in English."""

from matinee.ui.texts.fields.decisions import DecisionTexts

DECISIONS = DecisionTexts(
    title="Why it was decided so",
    verdict="Verdict",
    verdicts={"promote": "promoted", "reject": "rejected", "": "undecided"},
    no_decision="This version has not been decided on.",
    passed="passed",
    failed="failed",
    checks={
        "scores": "Scores of {n_users:.0f} known users: finite, and not all alike",
        "learned is the fold-in": "What was learned of known users agrees with their history by {agreement:.0%} "
        "(at least {least:.0%})",
        "resembles the model before": "Lists resemble those of the model before by {overlap:.0%} "
        "(at least {least_overlap:.0%})",
        "people of the chunk": "People of this chunk, with their history before it: NDCG@10 {difference:+.4f} against "
        "the model before, for {n_users:.0f} users",
        "beats popularity": "NDCG@10 {candidate:.4f} against popularity's {popularity:.4f}, for {n_users:.0f} users",
        "not worse than the incumbent": "Difference to the model in production {mean:+.1%}, interval {low:+.1%} to "
        "{high:+.1%}; it has to lie above {margin:+.1%}",
        "segment warm": "Users the model knows: {difference:+.1%} against the model in production",
        "segment new": "New users: {difference:+.1%} against the model in production",
        "segment light": "Users with few ratings: {difference:+.1%} against the model in production",
        "segment heavy": "Users with many ratings: {difference:+.1%} against the model in production",
        "coverage": "{candidate:.0f} different movies in the lists, {incumbent:.0f} with the model in production",
    },
    questions={
        "sound": "Is the model sound?",
        "good data": "Does the newest data do no harm?",
        "better algorithm": "Is another algorithm better?",
        "held": "Is it better than the version that was gone back to?",
    },
    outcomes={"passed": "yes", "failed": "no", "undecided": "not shown yet", "not asked": "not asked"},
    pooled="The {n_newest:.0f} users of its own chunk are too few to decide on, so those of earlier chunks count too. "
    "For its own users alone, NDCG@10 is {newest:.4f}, as shown above.",
)
