"""The API server: answers over HTTP from one model in memory, and changes that model while it answers.

`python -m matinee.serving` starts a parent and its workers (`workers`); `app.create_app` builds one worker from its
parts (`services.Services`). A request goes

    middleware  →  routes  →  answering  →  model, or the database

Where to look:

- where a list is made: `routes.recommendations`, then `answering.batching`, then `model.served.ServedModel.rank`, which
  calls `matinee.ranking`;
- where the model is swapped: `routes.model`, then `model.swap` (the protocol); `model.store` is what lies on disk,
  `model.slot` the reference that requests take;
- where a posted rating goes: `routes.ratings`, then `answering.feedback`, then `matinee.ratings.feedback` (the
  database); the next answer reads it through `answering.user_history`;
- what the API tells of chunks, runs and versions: `pipeline`.
"""
