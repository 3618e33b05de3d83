"""Tasks whose secrets only masking keeps out of their logs, and one that is killed while it stores."""

import logging
import os
import signal
import time
from datetime import datetime

import structlog
from airflow.sdk import DAG, chain, task

from astro_tokens import Secret
from astro_tokens.airflow.operators import AstroCreateTokenOperator, AstroRotateTokenOperator
from astro_tokens.airflow.stores import VariableStore


def talkative(secret: Secret) -> None:
    print("a print shows", secret.expose())
    logging.getLogger("vault").warning("a log shows %s", secret.expose())
    # What begins like a JWT, Airflow hides in texts by itself; not in lists, and not in the middle of it.
    structlog.get_logger("vault").warning("a list shows", values=[secret.expose()])


class Killed(VariableStore):
    """The task is killed while it stores, as by a supervisor."""

    def write(self, secret: Secret) -> None:
        super().write(secret)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)


@task
def pause() -> None:
    # Until what was killed is older than a second, for a clock of whole seconds.
    time.sleep(3)


with DAG("supervised", schedule=None, start_date=datetime(2026, 1, 1), default_args={"trigger_rule": "all_done"}):
    chain(
        AstroRotateTokenOperator(task_id="rotated", token_name="CI", store=talkative),
        AstroCreateTokenOperator(
            task_id="created", name="New", role="ORGANIZATION_MEMBER", expiration_days=9, store=talkative
        ),
        AstroRotateTokenOperator(task_id="stored", token_name="CI", store=VariableStore("supervised")),
        AstroRotateTokenOperator(task_id="killed", token_name="CI", store=Killed("supervised")),
        pause(),
        AstroRotateTokenOperator(task_id="again", token_name="CI", leftover_after=1, store=VariableStore("supervised")),
    )
