"""One token of each Organization rotated, each in a task of its own: a connection is an Organization and its credential."""

from datetime import datetime

from airflow.sdk import DAG

from astro_tokens.airflow.operators import AstroRotateTokenOperator
from astro_tokens.airflow.stores import VariableStore

with DAG("astro_rotate_organizations", schedule="@weekly", start_date=datetime(2026, 1, 1), catchup=False):
    AstroRotateTokenOperator.partial(
        task_id="rotate",
        token_name="CI",
        store=VariableStore("astro_ci_of_{{ task.astro_conn_id }}"),
        map_index_template="{{ task.astro_conn_id }}",
    ).expand(astro_conn_id=["astro_sales", "astro_research"])
