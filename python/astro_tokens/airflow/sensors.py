"""`AstroExpiringTokensSensor`: waits for tokens that are about to expire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue, conf
from airflow.sdk.exceptions import AirflowException

from .hooks import AstroTokenHook
from .triggers import AstroExpiringTokensTrigger, reported

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["AstroExpiringTokensSensor"]

KINDS = ("expired", "expires", "never_expires")


class AstroExpiringTokensSensor(BaseSensorOperator):
    """Waits until there are tokens that expire within some days, and returns them.

    Each is `{"id", "name", "scope", "kind", "days"}`; `days` is in how many days it expires, begun ones counted, or for how
    many whole days it has expired.

    Args:
        within_days: How soon a token has to expire to be reported.
        kinds: What else to report: any of `expires`, `expired` and `never_expires`.
        workspace_id, deployment_id: Only the tokens with a role there. Rendered as templates.
        deferrable: Whether it waits in the triggerer rather than in a worker. Default: `[operators] default_deferrable`.
        poke_interval, timeout, soft_fail, mode: See `BaseSensorOperator`.
        astro_conn_id: The id of the connection. Rendered as a template.
    """

    template_fields: Sequence[str] = ("astro_conn_id", "workspace_id", "deployment_id")
    ui_color = "#e8ddfa"

    def __init__(
        self,
        *,
        within_days: int = 30,
        kinds: Sequence[str] = ("expires",),
        workspace_id: str | None = None,
        deployment_id: str | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        astro_conn_id: str = AstroTokenHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        """With these bounds."""
        super().__init__(**kwargs)
        if isinstance(kinds, str) or not kinds or not set(kinds) <= set(KINDS):
            raise ValueError(f"`kinds` is {kinds!r}; it is a list of {', '.join(KINDS)}")
        self.within_days = within_days
        self.kinds = tuple(kinds)
        self.workspace_id = workspace_id
        self.deployment_id = deployment_id
        self.deferrable = deferrable
        self.astro_conn_id = astro_conn_id

    def execute(self, context: Context) -> Any:
        """Wait here, or in the triggerer where the first look finds nothing."""
        if not self.deferrable:
            return super().execute(context)
        if found := self._look():
            return found
        trigger = AstroExpiringTokensTrigger(
            astro_conn_id=self.astro_conn_id,
            workspace_id=self.workspace_id,
            deployment_id=self.deployment_id,
            within_days=self.within_days,
            kinds=self.kinds,
            poke_interval=self.poke_interval,
        )
        self.defer(trigger=trigger, method_name="execute_complete", timeout=timedelta(seconds=self.timeout))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what the trigger has found."""
        if "error" in event:
            raise AirflowException(event["error"])
        return self._tell(event["tokens"])

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once."""
        found = self._look()
        return PokeReturnValue(bool(found), found)

    def _look(self) -> list[dict[str, Any]]:
        with AstroTokenHook(self.astro_conn_id).get_conn() as astro:
            tokens = astro.tokens(workspace_id=self.workspace_id, deployment_id=self.deployment_id)
            return self._tell([report for token in tokens if (report := reported(token, self.within_days, self.kinds))])

    def _tell(self, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for report in reports:
            self.log.info("the token `%s` (`%s`): %s, days: %s", *(report[name] for name in ("id", "name", "kind", "days")))
        return reports
