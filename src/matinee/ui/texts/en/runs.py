"""Texts of runs of the pipeline, in English."""

from matinee.ui.texts.fields.runs import RunTexts

RUNS = RunTexts(
    advance="Advance one day",
    roll_back="Roll back to version {version}",
    nothing_to_roll_back="Roll back",
    promote="Promote version {version}",
    nothing_to_promote="Promote",
    confirm_advance="matinee takes the next day of ratings and trains a model on it. The gate then decides whether the "
    "model goes into production. This takes about half a minute.",
    confirm_roll_back="Version {version}, which served before, goes back into production within seconds. Nothing is "
    "trained.",
    confirm_promote="Version {version} goes into production, whatever the gate decided. The reason is recorded.",
    reason="Reason",
    do_advance="Advance",
    do_roll_back="Roll back to {version}",
    do_promote="Promote {version}",
    last_run="Last run",
    waits="A run is in progress. The buttons come back when it has ended.",
    no_runs="Nothing has run yet.",
    ended="{action}: {outcome}.",
    serves="Version {version} is served now.",
    actions={"advance": "Advance one day", "promote": "Promotion", "roll_back": "Rollback", "resume": "Resume"},
    states={
        "waiting": "waiting",
        "running": "running",
        "success": "done",
        "failed": "failed",
        "skipped": "not needed",
    },
    steps={
        "ingest": "Ingest ratings",
        "train": "Watch the data and train",
        "evaluate": "Evaluate",
        "promote": "Promote",
        "deploy": "Deploy",
        "rollback": "Roll back",
        "resume": "Resume",
    },
    outcomes={
        "promoted": "a new version was promoted",
        "rejected": "the gate rejected the new version",
        "no_more_data": "there is no more data",
        "not_over": "nothing to take yet, because the period is not over",
        "rolled_back": "rolled back",
        "resumed": "the hold has ended",
        "refused": "refused by a rule",
        "failed": "failed",
    },
    left_out="The chunk was left out: {reason}.",
    advice={
        "rejected": "You need not do anything: the model in production stays, and the next day brings a new decision. "
        "To serve this version all the same, choose version {version} below and promote it.",
        "refused": "Nothing was trained. If the ratings are right all the same, run `matinee watch {chunk} --accept "
        "--reason WHY`. If not, run `matinee watch {chunk} --leave-out --reason WHY`.",
        "refused_roll_back": "No other version has served yet, so there is nothing to go back to.",
        "refused_resume": "Production is not held.",
        "refused_promote": "The model in production stays. [The log in Airflow]({log}) names the rule.",
        "failed": "The model in production stays. [The log in Airflow]({log}) has the cause; fix it and run this "
        "again.",
    },
    not_started="**{action}**: not started.",
    server_said="The server said: {reason}",
    refusals={
        "unauthorized": "The page has no valid token. The page and the API server must read the same "
        "`secrets/api_token` in the home, or the same `MATINEE_API_TOKEN`. Make them agree and restart the page.",
        "dag-paused": "Its DAG is paused in Airflow. Unpause it there, then try again.",
        "dag-missing": "Airflow has not read its DAG yet. Wait a minute, then try again. Airflow's home page shows "
        "errors in DAG files.",
        "airflow-unreachable": "Airflow is unavailable. Run `matinee up`, which starts what is missing, then try "
        "again. Recommendations continue meanwhile.",
        "mlflow-unreachable": "MLflow is unavailable. Run `matinee up`, which starts what is missing, then try again. "
        "Recommendations continue meanwhile.",
        "not-found": "It no longer exists. Reload the page and choose another.",
        "api-unreachable": "The API server did not answer, so it may or may not have started. Try again in a moment: "
        "the same request never starts anything twice.",
    },
)
