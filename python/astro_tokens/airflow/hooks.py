"""`AstroTokenHook`: clients from a connection of the type `astro`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from .. import AstroTokens, AstroTokensError, AsyncAstroTokens, Problem, ValidationError, base_url_of_domain
from . import get_provider_info

if TYPE_CHECKING:
    from airflow.sdk import Connection

__all__ = ["AstroTokenHook"]

SETTINGS = {
    name: field["schema"]["type"][0]
    for name, field in get_provider_info()["connection-types"][0]["conn-fields"].items()
}


class AstroTokenHook(BaseHook):
    """Makes clients of a connection of the type `astro`.

    | of the connection | what it is |
    |---|---|
    | password | the API token, required; Airflow masks it |
    | host, port | the domain of Astro or the base URL of its API; default: `ASTRO_DOMAIN`, else `astronomer.io` |
    | schema | the id of the Organization; default: what the token says |
    | extra | `api_version`, `strict`, `allow_unknown_roles`, `timeout`, `patience`, `attempts` of `AstroTokens` |

    Args:
        astro_conn_id: The id of the connection.
    """

    conn_name_attr = "astro_conn_id"
    default_conn_name = "astro_default"
    conn_type = "astro"
    hook_name = "Astro API tokens"

    def __init__(self, astro_conn_id: str = default_conn_name, logger_name: str | None = None) -> None:
        """For this connection; it is read when a client is made of it."""
        super().__init__(logger_name=logger_name)
        self.astro_conn_id = astro_conn_id

    def get_conn(self) -> AstroTokens:
        """A client; close it, or use it in a `with` statement.

        Raises:
            ValidationError: The connection has no token, one that is none or has expired, or wrong settings.
            AirflowNotFoundException: There is no such connection.
        """
        return AstroTokens(**self._settings(self.get_connection(self.astro_conn_id)))

    async def get_async_conn(self) -> AsyncAstroTokens:
        """Like `get_conn`, for triggers and asynchronous tasks."""
        return AsyncAstroTokens(**self._settings(await self.aget_connection(self.astro_conn_id)))

    def test_connection(self) -> tuple[bool, str]:
        """Whether Astro accepts the token, and a sentence about it: what the button of the form shows."""
        try:
            with self.get_conn() as astro:
                next(astro.tokens(), None)
                claims, api = astro.claims, astro.api
        except (AstroTokensError, TypeError, ValueError) as error:
            return False, str(error)
        end = f"it expires at {claims.expires_at:%Y-%m-%d %H:%M} UTC" if claims.expires_at else "it never expires"
        return True, f"{api.base_url} accepts the token for the Organization {api.organization_id}; {end}"

    def _settings(self, connection: Connection) -> dict[str, Any]:
        if not connection.password:
            raise ValueError(f"the connection `{self.astro_conn_id}` has no password; put the API token there")
        settings = self._extra(connection)
        if connection.schema:
            settings["organization_id"] = connection.schema
        if connection.host:
            settings["base_url"] = base_url(f"{connection.host}:{connection.port}" if connection.port else connection.host)
        return {"token": connection.password, "on_warning": self._warn, **settings}

    def _extra(self, connection: Connection) -> dict[str, Any]:
        where = f"the extra of the connection `{self.astro_conn_id}`"
        try:
            # Not `extra_dejson`, which blocks the event loop of a trigger, and reads what is no JSON as nothing.
            extra = json.loads(connection.extra or "{}")
        except ValueError:
            raise ValueError(f"{where} is no JSON") from None
        if not isinstance(extra, dict):
            raise ValueError(f"{where} is no JSON object")
        settings = {}
        for name, value in extra.items():
            if name not in SETTINGS:
                raise ValueError(f"{where} has `{name}`, which is no setting; the settings are {', '.join(SETTINGS)}")
            if isinstance(value, str) and SETTINGS[name] != "string":
                # All that a URI can say is text, and `1` and `true` are the same there as in JSON.
                try:
                    value = json.loads(value.lower() or "null")
                except ValueError:
                    raise ValueError(f"{where} has a `{name}` that is no {SETTINGS[name]}") from None
            if value not in (None, ""):
                settings[name] = value
        return settings

    def _warn(self, problem: Problem) -> None:
        self.log.warning("%s", problem)


def base_url(host: str) -> str:
    """What the core takes for a domain is one; any other host has to be a whole base URL."""
    try:
        return base_url_of_domain(host)
    except ValidationError:
        if "://" not in host:
            raise
        return host
