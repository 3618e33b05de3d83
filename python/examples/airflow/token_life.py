"""The whole life of a token. Each task can be cleared and run again."""

from datetime import datetime

from airflow.sdk import DAG

from astro_tokens.airflow.operators import (
    AstroCreateTokenOperator,
    AstroDeleteTokenOperator,
    AstroEnsureTokenRoleOperator,
    AstroRotateTokenOperator,
)
from astro_tokens.airflow.stores import VariableStore

store = VariableStore("astro_nightly_build", description="the token of the nightly build")

with DAG("astro_token_life", schedule=None, start_date=datetime(2026, 1, 1), max_active_runs=1):
    create = AstroCreateTokenOperator(
        task_id="create",
        name="Nightly build",
        role="ORGANIZATION_MEMBER",
        expiration_days=30,
        store=store,
        if_exists="rotate",
    )
    ensure = AstroEnsureTokenRoleOperator(
        task_id="ensure", token_id="{{ ti.xcom_pull('create')['id'] }}", workspace_id="clws", role="WORKSPACE_AUTHOR"
    )
    rotate = AstroRotateTokenOperator(task_id="rotate", token_name="Nightly build", store=store)
    delete = AstroDeleteTokenOperator(task_id="delete", token_name="Nightly build", missing_ok=True)
    create >> ensure >> rotate >> delete
