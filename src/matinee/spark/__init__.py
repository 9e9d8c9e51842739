"""Training on a cluster: what `models.computation` asks for, computed by Apache Spark (`MATINEE_TRAINER=spark`).

The only folder that imports `pyspark`, which is in no environment unless somebody asks for it (`matinee[spark]`).
"""

import warnings

# pyspark 4.3 says so when it is imported; none of our lines here uses pandas.
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
