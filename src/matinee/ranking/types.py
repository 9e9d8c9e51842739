"""Names of the types that all of ranking shares."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Policy = Literal["learned", "fold_in", "popular"]
"""How a list was made: from what the model learned of this user, from a history it had not seen, or popularity."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
"""Matrix rows of movies."""
