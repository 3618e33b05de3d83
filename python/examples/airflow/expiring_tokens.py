"""Every day the tokens that expire within two weeks are rotated, each into a Variable of its own."""

from datetime import datetime

from airflow.sdk import DAG

from astro_tokens.airflow.operators import AstroRotateTokenOperator
from astro_tokens.airflow.sensors import AstroExpiringTokensSensor
from astro_tokens.airflow.stores import VariableStore

with DAG("astro_expiring_tokens", schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1):
    expiring = AstroExpiringTokensSensor(
        task_id="expiring", within_days=14, workspace_id="clws", deferrable=True, timeout=3600, soft_fail=True
    )
    AstroRotateTokenOperator.partial(task_id="rotate", store=VariableStore("astro_{{ task.token_id }}")).expand_kwargs(
        expiring.output.map(lambda token: {"token_id": token["id"]})
    )
