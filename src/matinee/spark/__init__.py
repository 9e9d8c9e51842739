"""Training on a cluster: what `models.computation` asks for, computed by Apache Spark (`MATINEE_TRAINER=spark`).

The only folder that imports `pyspark`, which is in no environment unless somebody asks for it (`matinee[spark]`).
"""
