"""Tasks that go wrong, one after the other."""

import os
import signal
import time
import traceback
from datetime import datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, Context, chain, task

from astro_tokens import NotWritten, Secret
from astro_tokens.airflow.operators import (
    AstroCreateTokenOperator,
    AstroDeleteTokenOperator,
    AstroEnsureTokenRoleOperator,
    AstroFinishRotationOperator,
    AstroRotateTokenOperator,
)
from astro_tokens.airflow.sensors import AstroExpiringTokensSensor
from astro_tokens.airflow.stores import EnvironmentStore, FunctionStore, VariableStore


class Sealed(VariableStore):
    """Writes, and fails all the same with a text that shows the secret."""

    def write(self, secret: Secret) -> None:
        super().write(secret)
        raise OSError(f"the vault is sealed against {secret.expose()}")


class Wrapped(VariableStore):
    """Fails with an error that shows the secret in what led to it alone."""

    def write(self, secret: Secret) -> None:
        try:
            raise KeyError(secret.expose())
        except KeyError as missing:
            raise OSError("the vault is sealed") from missing


class Forgetful(VariableStore):
    """Stores something else."""

    def write(self, secret: Secret) -> None:
        super().write(Secret(secret.expose()[:-1]))


class Refused(VariableStore):
    """Knows that it has written nothing."""

    def write(self, secret: Secret) -> None:
        raise NotWritten("the vault refused it")


class Slow(VariableStore):
    """Is not done in time."""

    def write(self, secret: Secret) -> None:
        super().write(secret)
        time.sleep(60)


class Killed(VariableStore):
    """The task is killed while it stores."""

    def write(self, secret: Secret) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


def put(secret: Secret) -> None:
    """Stores nothing."""


def unreachable() -> None:
    raise ConnectionError("no route to the vault")


def report(context: Context) -> None:
    """What a message to a chat would say: nothing of Airflow masks it."""
    with Path(os.environ["AIRFLOW_HOME"], "reports").open("a") as file:
        failure = context["exception"]
        assert isinstance(failure, BaseException)
        file.writelines(traceback.format_exception(failure))


@task
def use_environment() -> None:
    # All tasks of `airflow dags test` are one process.
    if len(os.environ.pop("ASTRO_CI")) < 100:
        raise ValueError("no secret")


defaults = {"trigger_rule": "all_done", "on_failure_callback": report}
with DAG("troubles", schedule=None, start_date=datetime(2026, 1, 1), default_args=defaults):
    chain(
        AstroRotateTokenOperator(task_id="sealed", token_name="sealed", store=Sealed("sealed")),
        AstroRotateTokenOperator(task_id="forgetful", token_name="forgetful", store=Forgetful("forgetful")),
        AstroRotateTokenOperator(task_id="wrapped", token_name="sealed", token_id="cltoken1", store=Wrapped("sealed")),
        AstroRotateTokenOperator(task_id="refused_store", token_name="refused", store=Refused("kept")),
        AstroRotateTokenOperator(
            task_id="unproven", token_name="unproven", store=FunctionStore(put, prove=unreachable)
        ),
        AstroRotateTokenOperator(task_id="function", token_name="function", store=put),
        AstroRotateTokenOperator(task_id="at_once", token_name="at_once", overlap=False, store=VariableStore("at_once")),
        AstroRotateTokenOperator(task_id="dead", token_name="dead", overlap=False, store=Sealed("dead")),
        AstroRotateTokenOperator(
            task_id="slow", token_name="slow", store=Slow("slow"), execution_timeout=timedelta(seconds=2)
        ),
        AstroRotateTokenOperator(task_id="too_soon", token_name="slow", store=VariableStore("slow")),
        AstroRotateTokenOperator(task_id="slow_again", token_name="slow", leftover_after=1, store=VariableStore("slow")),
        AstroRotateTokenOperator(task_id="killed", token_name="killed", store=Killed("kept")),
        AstroRotateTokenOperator(
            task_id="environment", token_name="environment", keep_old=60, store=EnvironmentStore("ASTRO_CI")
        ),
        use_environment(),
        AstroFinishRotationOperator(task_id="too_early", token_name="environment", store=put),
        AstroFinishRotationOperator(task_id="finish", token_name="environment", now=True, leftover_after=1),
        AstroFinishRotationOperator(task_id="finished", token_name="environment"),
        AstroCreateTokenOperator(
            task_id="create_sealed", name="made", role="ORGANIZATION_MEMBER", expiration_days=9, store=Sealed("made")
        ),
        AstroCreateTokenOperator(
            task_id="create_refused", name="none", role="ORGANIZATION_MEMBER", expiration_days=9, store=Refused("none")
        ),
        AstroCreateTokenOperator(
            task_id="create_killed", name="half", role="ORGANIZATION_MEMBER", store=Killed("half"), idempotency_key="half"
        ),
        AstroCreateTokenOperator(
            task_id="create_again", name="half", role="ORGANIZATION_MEMBER", store=Sealed("half"), idempotency_key="half"
        ),
        AstroCreateTokenOperator(
            task_id="create_keyed", name="keyed", role="ORGANIZATION_MEMBER", store=Killed("keyed"), idempotency_key="mine"
        ),
        # After this request, it is two hours later.
        AstroDeleteTokenOperator(task_id="later", token_id="cllater", missing_ok=True),
        AstroCreateTokenOperator(
            task_id="create_same",
            name="keyed",
            role="ORGANIZATION_MEMBER",
            store=VariableStore("keyed"),
            idempotency_key="{{ 'mine' }}",
        ),
        AstroCreateTokenOperator(
            task_id="create_mend", name="half", role="ORGANIZATION_MEMBER", store=VariableStore("half"), if_exists="rotate"
        ),
        AstroCreateTokenOperator(
            task_id="create_keep", name="half", role="ORGANIZATION_MEMBER", store=Sealed("half"), if_exists="keep"
        ),
        AstroCreateTokenOperator(
            task_id="create_other", name="half", role="ORGANIZATION_OWNER", store=Sealed("half"), if_exists="keep"
        ),
        AstroEnsureTokenRoleOperator(task_id="typo", token_name="half", workspace_id="clws", role="WORKSPACE_AUTHR"),
        AstroDeleteTokenOperator(task_id="delete_missing", token_name="missing"),
        AstroDeleteTokenOperator(task_id="delete_missing_ok", token_name="missing", missing_ok=True),
        AstroExpiringTokensSensor(task_id="deferred", workspace_id="clws2", deferrable=True, poke_interval=0.1, timeout=60),
        AstroExpiringTokensSensor(task_id="poked", workspace_id="clws2", mode="poke", deferrable=False),
        AstroExpiringTokensSensor(task_id="refused", deployment_id="cldep3", deferrable=True, poke_interval=0.1, timeout=60),
    )
