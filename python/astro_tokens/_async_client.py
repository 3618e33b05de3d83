"""`AsyncAstroTokens`: conversations of the core, driven by an `httpx.AsyncClient`."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from ._core import (
    ApiToken,
    Command,
    Conversation,
    Event,
    Response,
    RoleChange,
    Rotation,
    Sandbox,
    Secret,
    Step,
    TokenUpdate,
)
from ._client import Client, Run, is_secure
from ._exchange import exchange_async
from ._limits import TIMEOUT
from ._settings import check_http, refuse_unused
from ._store import LentStore
from ._transport import SandboxTransport

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from ._types import (
        AnyStore,
        ClientSettings,
        CloneTokenFields,
        CommandOptions,
        CreateTokenFields,
        DeletionFields,
        FindTokenFields,
        FinishRotationFields,
        RemoveTokenRoleFields,
        RotateTokenFields,
        TokenRoleFields,
        TokensFields,
        UpdateTokenFields,
    )

__all__ = ["AsyncAstroTokens"]


class AsyncAstroTokens(Client):
    """`AstroTokens` for `asyncio` and `trio`: the same settings and methods, as coroutines; `transport` and `http` are
    those of `httpx.AsyncClient`. Close it with `aclose`, or use it in an `async with` statement. A `store` may be a coroutine
    function, and so may each method of one that is an object.

    A task that is cancelled stays cancelled, with what stands: see `ConversationError.of`.
    """

    __module__ = "astro_tokens"

    _http: httpx.AsyncClient

    def __init__(
        self,
        token: str | Secret | None = None,
        *,
        sandbox: Sandbox | None = None,
        timeout: float | None = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
        http: httpx.AsyncClient | None = None,
        **settings: Unpack[ClientSettings],
    ) -> None:
        self._check_names(settings)
        check_http(type(self).__name__, sandbox, timeout, transport, http, kind=httpx.AsyncClient)
        if sandbox is not None:
            token, transport = sandbox.owner_token if token is None else token, SandboxTransport(sandbox)
            if settings.get("rate_limits") is None:
                settings["rate_limits"] = False
        super().__init__(token, **settings)
        self._own_http = http is None
        self._timeout = timeout
        # As in `AstroTokens`.
        self._http = http or httpx.AsyncClient(timeout=timeout, transport=transport, trust_env=is_secure(self._api))

    def tokens(self, **filters: Unpack[TokensFields]) -> AsyncGenerator[ApiToken, None]:
        """Like `AstroTokens.tokens`, for `async for`."""
        return self._tokens(self._start("tokens", filters))

    async def create_token(self, *, store: AnyStore | None = None, **fields: Unpack[CreateTokenFields]) -> ApiToken[Secret]:
        """Like `AstroTokens.create_token`."""
        lent = LentStore(store, is_async=True)
        result: ApiToken[Secret] = await self._drive(self._start("create_token", fields), lent)
        return result

    async def clone_token(
        self, token_id: str | None = None, /, *, store: AnyStore | None = None, **fields: Unpack[CloneTokenFields]
    ) -> ApiToken[Secret]:
        """Like `AstroTokens.clone_token`."""
        lent = LentStore(store, is_async=True)
        result: ApiToken[Secret] = await self._drive(self._start("clone_token", fields, token_id), lent)
        return result

    async def find_token(self, token_id: str | None = None, /, **fields: Unpack[FindTokenFields]) -> ApiToken:
        """Like `AstroTokens.find_token`."""
        result: ApiToken = await self._drive(self._start("find_token", fields, token_id))
        return result

    async def update_token(self, token_id: str | None = None, /, **fields: Unpack[UpdateTokenFields]) -> TokenUpdate:
        """Like `AstroTokens.update_token`."""
        result: TokenUpdate = await self._drive(self._start("update_token", fields, token_id))
        return result

    async def add_token_role(self, token_id: str | None = None, /, **fields: Unpack[TokenRoleFields]) -> RoleChange:
        """Like `AstroTokens.add_token_role`."""
        result: RoleChange = await self._drive(self._start("add_token_role", fields, token_id))
        return result

    async def change_token_role(self, token_id: str | None = None, /, **fields: Unpack[TokenRoleFields]) -> RoleChange:
        """Like `AstroTokens.change_token_role`."""
        result: RoleChange = await self._drive(self._start("change_token_role", fields, token_id))
        return result

    async def remove_token_role(
        self, token_id: str | None = None, /, **fields: Unpack[RemoveTokenRoleFields]
    ) -> RoleChange:
        """Like `AstroTokens.remove_token_role`."""
        result: RoleChange = await self._drive(self._start("remove_token_role", fields, token_id))
        return result

    async def rotate_token(
        self, token_id: str | None = None, /, *, store: AnyStore | None = None, **fields: Unpack[RotateTokenFields]
    ) -> Rotation:
        """Like `AstroTokens.rotate_token`."""
        lent = LentStore(store, is_async=True)
        by = "a rotation with overlap: pass `overlap=True`, or take the secret of the result"
        refuse_unused(store, fields.get("overlap"), by=by)
        result: Rotation = await self._drive(self._start("rotate_token", fields, token_id), lent)
        return result

    async def finish_rotation(
        self, token_id: str | None = None, /, *, store: AnyStore | None = None, **fields: Unpack[FinishRotationFields]
    ) -> Rotation:
        """Like `AstroTokens.finish_rotation`."""
        lent = LentStore(store, is_async=True)
        result: Rotation = await self._drive(self._start("finish_rotation", fields, token_id), lent)
        return result

    async def delete_token(self, token_id: str | None = None, /, **fields: Unpack[DeletionFields]) -> None:
        """Like `AstroTokens.delete_token`."""
        await self._drive(self._start("delete_token", fields, token_id))

    async def run(
        self, command: Command, *, store: AnyStore | None = None, **options: Unpack[CommandOptions]
    ) -> ApiToken | TokenUpdate | RoleChange | Rotation | list[ApiToken] | None:
        """Like `AstroTokens.run`."""
        lent = LentStore(store, is_async=True)
        conversation = self._start_command(command, options, store)
        if command.to_dict()["operation"] == "list_tokens":
            return [token async for token in self._tokens(conversation)]
        result: ApiToken | TokenUpdate | RoleChange | Rotation | None = await self._drive(conversation, lent)
        return result

    async def aclose(self) -> None:
        """Close the connections, unless they are those of a client of yours. What other tasks are at fails then, with
        a `ConversationError` that says what stands."""
        if self._own_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _drive(self, conversation: Conversation, store: LentStore | None = None) -> Any:
        with self._run(conversation, store) as run:
            event = None
            while not run.is_done:
                event = await self._perform(run.step(event), run)
            return run.result

    async def _tokens(self, conversation: Conversation) -> AsyncGenerator[ApiToken, None]:
        with self._run(conversation) as run:
            event = None
            while not run.is_done:
                step = run.step(event)
                if isinstance(step, Step.Page):
                    for token in step.page.tokens:
                        yield token
                event = await self._perform(step, run)

    async def _perform(self, step: Step, run: Run) -> Response | Event | None:
        match step:
            case Step.Request() if self._http.is_closed:
                return Event.Failed(self._closed(), False)
            case Step.Request(request):
                try:
                    return await exchange_async(self._http, *self._http_request(request))
                except httpx.RequestError as failure:
                    return self._failed(failure)
                except Exception:
                    # A connection that is closed meanwhile ends with an error of any kind.
                    if not self._http.is_closed:
                        raise
                    return Event.Failed(self._closed(), True)
            case Step.Wait(milliseconds):
                if not self._http.is_closed:
                    await anyio.sleep(milliseconds / 1000)
                return Event.Waited()
            case Step.Prove() | Step.ReadStore() | Step.Store():
                try:
                    came = run.store.call(step)
                    return run.store.answer(step, await came if inspect.isawaitable(came) else came)
                except Exception as failure:
                    return run.store.failed(step, failure)
            case Step.Page():
                return Event.Next()
        return None
