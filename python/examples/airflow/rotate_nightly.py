"""Every night a new secret for the token `CI`, in a Variable. What runs then keeps the old one until the next."""

from datetime import datetime, timedelta

from airflow.sdk import DAG

from astro_tokens.airflow.operators import AstroFinishRotationOperator, AstroRotateTokenOperator
from astro_tokens.airflow.stores import VariableStore

store = VariableStore("astro_ci")

with DAG("astro_rotate_nightly", schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1):
    finish = AstroFinishRotationOperator(task_id="finish", token_name="CI", store=store)
    rotate = AstroRotateTokenOperator(task_id="rotate", token_name="CI", keep_old=timedelta(hours=12), store=store)
    finish >> rotate
