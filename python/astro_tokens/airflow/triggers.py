"""`AstroExpiringTokensTrigger`: waits for tokens that deserve a look, without a worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from .. import ApiToken, AstroTokensError
from .hooks import AstroTokenHook

__all__ = ["AstroExpiringTokensTrigger"]


class AstroExpiringTokensTrigger(BaseTrigger):
    """Looks at the tokens until there is one to report.

    Its event is `{"tokens": [...]}` as `AstroExpiringTokensSensor` returns them, or `{"error": text}`.

    Args:
        astro_conn_id, workspace_id, deployment_id, within_days, kinds: See `AstroExpiringTokensSensor`.
        poke_interval: How many seconds to wait between two looks.
    """

    def __init__(
        self,
        *,
        astro_conn_id: str,
        workspace_id: str | None,
        deployment_id: str | None,
        within_days: int,
        kinds: Sequence[str],
        poke_interval: float,
    ) -> None:
        """With all that the sensor says."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.astro_conn_id = astro_conn_id
        self.workspace_id = workspace_id
        self.deployment_id = deployment_id
        self.within_days = within_days
        self.kinds = tuple(kinds)
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and its arguments: no secret is among them."""
        kwargs = {
            "astro_conn_id": self.astro_conn_id,
            "workspace_id": self.workspace_id,
            "deployment_id": self.deployment_id,
            "within_days": self.within_days,
            "kinds": list(self.kinds),
            "poke_interval": self.poke_interval,
        }
        return f"{type(self).__module__}.{type(self).__qualname__}", kwargs

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until there is something to report."""
        event: dict[str, Any]
        try:
            while not (reports := await self._look()):
                self.log.info("no token to report; looking again in %s s", self.poke_interval)
                await asyncio.sleep(self.poke_interval)
        except (AstroTokensError, TypeError, ValueError) as error:
            event = {"error": str(error)}
        else:
            event = {"tokens": reports}
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def _look(self) -> list[dict[str, Any]]:
        # A client of its own each time: days may lie between two looks, and the token of the connection be rotated.
        async with await AstroTokenHook(self.astro_conn_id).get_async_conn() as astro:
            tokens = astro.tokens(workspace_id=self.workspace_id, deployment_id=self.deployment_id)
            return [report async for token in tokens if (report := reported(token, self.within_days, self.kinds))]


def reported(token: ApiToken, within_days: int, kinds: Sequence[str]) -> dict[str, Any] | None:
    """What there is to say about a token; the core judges it."""
    for finding in token.findings(expiring_within_days=within_days):
        if finding.kind in kinds:
            return {"id": token.id, "name": token.name, "scope": token.scope, "kind": finding.kind, "days": finding.days}
    return None
