"""The operator that runs one stage as a bash command."""

from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

CANNOT_AFFORD = 5
"""Exit code of a stage that would take more memory than there is: the task fails and is not tried again."""


class StageOperator(BashOperator):
    """A bash command whose failure is final where trying again is no use."""

    def execute(self, context: Any) -> Any:  # noqa: ANN401 (as Airflow calls it)
        """Run the command.

        Raises:
            AirflowFailException: its exit code is `CANNOT_AFFORD`.
        """
        try:
            return super().execute(context)
        except AirflowException as error:
            if str(error).endswith(f"exit code {CANNOT_AFFORD}."):
                raise AirflowFailException(str(error)) from error
            raise
