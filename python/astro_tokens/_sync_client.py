"""`AstroTokens`: conversations of the core, driven by an `httpx.Client`."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

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
from ._exchange import bound, exchange
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

__all__ = ["AstroTokens"]


class AstroTokens(Client):
    """Create, find, change, rotate and delete API tokens of Astro.

    A client keeps connections and the rate limits of its credential: make one and share it, between threads too. Close
    it, or use it in a `with` statement.

    Every method sends as many requests as it takes, tries again where that is safe, and says exactly what stands where
    it fails.

        astro = AstroTokens()  # ASTRO_API_TOKEN, the Organization from its claims
        created = astro.create_token(name="CI", role="ORGANIZATION_MEMBER", expiration_days=90)
        created.token.expose()

    Args:
        token (str or Secret): The credential. Default: `ASTRO_API_TOKEN` of `env`.
        organization_id (str): Default: what the credential says.
        api_version (str): `v1` (default) or `v1beta1`.
        base_url (str): Where the API is. Default: that of `domain`.
        domain (str): The domain of Astro. Default: `ASTRO_DOMAIN` of `env`, else `astronomer.io`.
        strict (bool): Makes every warning an error.
        allow_unknown_roles (bool): Lets Organization and Workspace roles through that this release does not know.
        workspace_id (str): The current Workspace, for commands that do not name one.
        deployment_id (str): The current Deployment, for commands that do not name one.
        env (mapping): The environment. Default: `os.environ`.
        attempts (int): How often a request is sent at most without an answer that can be used: with none, with a 5xx, or
            with one that cannot be read. Where Astro says that it is busy (429, or a 5xx with `Retry-After`), that does
            not count. Default: 5.
        patience (float): How many seconds one request may take with all its repetitions and waits. Default: 120. With 0
            nothing is repeated.
        rate_limits (bool): Whether requests wait for their turn within Astro's documented rate limits. Default: `True`;
            with `sandbox` `False`, as it answers at once.
        sandbox (Sandbox): An Astro API in memory instead of the real one; its owner is the credential unless another is
            given.
        timeout (float): After how many seconds a request has failed, from the connection to the last byte of the answer.
            Default: 30. `None`: only `patience` limits it, and a day.
        transport (httpx.BaseTransport): What sends the requests; for tests.
        http (httpx.Client): A client of your own instead of `timeout` and `transport`; it is yours to close. Redirects
            are never followed, and its authentication is not used. Its timeouts are its own; beside them, a body that has
            not come to its end within `patience` is given up.
        on_warning (callable): Is called with each warning, a `Problem`. Default: the logger `astro_tokens`.

    The proxies of the environment are used as `httpx` does, but for plain HTTP, which goes to this machine alone. Of an
    answer at most 64 MiB are read; a larger one is a lost one.

    Raises:
        ValidationError: No credential, one that is none or has expired, or wrong settings.
        TypeError: An argument of a wrong type, that does not exist, or that contradicts another one.

    The methods raise:
        ValidationError: The caller's mistake; nothing was changed.
        ConversationError: It failed, and this is what stands.
        AstroTokensError: The client is closed. Where that happened on the way, it is a `ConversationError`.
        TypeError: A `store` that is not one, that this client cannot run, or that nothing would be written to; nothing was
            sent.

    A `store` is a function of a `Secret`, or an object with `write(secret)` and, where it can, `read()` and `prove()`: see
    `Store`. What it raises is the `__cause__` of the error, and not its `cause`; see `ConversationError`. Where `write` raises
    `NotWritten`, the new token is deleted; after any other exception the store may hold its secret, and nothing is deleted.

    An interrupt goes on as what it is, with what stands: see `ConversationError.of`.
    """

    __module__ = "astro_tokens"

    _http: httpx.Client

    def __init__(
        self,
        token: str | Secret | None = None,
        *,
        sandbox: Sandbox | None = None,
        timeout: float | None = TIMEOUT,
        transport: httpx.BaseTransport | None = None,
        http: httpx.Client | None = None,
        **settings: Unpack[ClientSettings],
    ) -> None:
        self._check_names(settings)
        check_http(type(self).__name__, sandbox, timeout, transport, http, kind=httpx.Client)
        if sandbox is not None:
            token, transport = sandbox.owner_token if token is None else token, SandboxTransport(sandbox)
            if settings.get("rate_limits") is None:
                settings["rate_limits"] = False
        super().__init__(token, **settings)
        self._own_http = http is None
        self._timeout = timeout
        if http is None:
            # Plain HTTP goes to this machine alone, and a proxy would get to read the credential.
            http = httpx.Client(timeout=timeout, transport=transport, trust_env=is_secure(self._api))
            bound(http, self._api.base_url)
        self._http = http

    def tokens(self, **filters: Unpack[TokensFields]) -> Generator[ApiToken, None, None]:
        """Every token, read page by page as they are asked for, each token once.

        Where what Astro lists and what it says about the list do not agree, it raises a `ConversationError` with the code
        `unverifiable` after all tokens that it could read.

        Args:
            workspace_id (str): Only the tokens with a role on this Workspace.
            deployment_id (str): Only the tokens with a role on this Deployment.
            only_organization_tokens (bool): Only Organization tokens.
            sorts (sequence of str): Field and direction, such as `createdAt:desc`. Default: oldest first.
            kind (str): Only the tokens of this kind; v1 only.
            dag_id (str): Only the tokens with a role on the DAG of this id; v1 only.
            dag_tags (sequence of str): Only the tokens with a role on DAGs with these tags; v1 only.
            page_size (int): How many tokens to ask for at once: 1 to 1000. Default: 1000.
        """
        return self._tokens(self._start("tokens", filters))

    def create_token(self, *, store: AnyStore | None = None, **fields: Unpack[CreateTokenFields]) -> ApiToken[Secret]:
        """Create a token. Its secret is written to `store`, where there is one, and is in `token` of what is returned;
        nobody will be told its value again.

        A create whose answer is lost is not sent again. With an `idempotency_key` the token that it made is certain, and gets
        a new secret. Without one the error (`unknown`) lists the tokens that it may have made, and touches none of them.

        Args:
            name (str): The name, required: 1 to 256 characters. Names are not unique.
            role (str): The role on the entity of the token's scope, required.
            workspace_id (str): The Workspace of a Workspace token.
            deployment_id (str): The Deployment of a Deployment token.
            scope (str): `ORGANIZATION`, `WORKSPACE` or `DEPLOYMENT`; it must agree with the ids, from which it follows.
            description (str): At most 500 characters.
            expiration_days (int): Days until the token expires: 1 to 3650. Without it the token never expires.
            kind (str): `STANDARD` (Astro's default) or `DIRECT_ACCESS`; v1 only.
            idempotency_key (str): Any text that names this piece of work, such as the id of a run. As long as a token that
                was made with it is not handed over, a repeat with the same key recognises it, in another process too: a
                young one is an error (`conflict`), one that is being used as well (`already_exists`), and one that was left
                behind an hour ago or earlier is replaced. Astro shows a digest of the key in the description until then.
            store (Store): Where the secret goes before the token is returned.
        """
        lent = LentStore(store, is_async=False)
        result: ApiToken[Secret] = self._drive(self._start("create_token", fields), lent)
        return result

    def clone_token(
        self, token_id: str | None = None, /, *, store: AnyStore | None = None, **fields: Unpack[CloneTokenFields]
    ) -> ApiToken[Secret]:
        """Create a token like another one: the same name, description, roles, kind and expiration, on another Workspace
        or Deployment, or on the same entity under another name. The other one stays as it is.

        On another entity the clone gets the role on that entity alone, and a warning (`roles_not_cloned`) names the others.

        Args:
            token_id, token_name: Which token to clone.
            workspace_id (str): The Workspace of the clone; the other one is a Workspace token.
            deployment_id (str): The Deployment of the clone; the other one is a Deployment token.
            name (str): The name of the clone. Default: the same.
            idempotency_key (str): See `create_token`.
            store (Store): Where the secret goes before the token is returned.
        """
        lent = LentStore(store, is_async=False)
        result: ApiToken[Secret] = self._drive(self._start("clone_token", fields, token_id), lent)
        return result

    def find_token(self, token_id: str | None = None, /, **fields: Unpack[FindTokenFields]) -> ApiToken:
        """Find one token by its id or name, and read it with its roles. An id and a name have to agree, and so have an
        id and a Workspace or Deployment. A name that several tokens have is an error that lists them, unless a rotation has
        made one of them the replacement of the others: then that is the one.

        Args:
            token_id (str): The id of the token.
            token_name (str): The name of the token.
            workspace_id (str): The Workspace that the token belongs to.
            deployment_id (str): The Deployment that the token belongs to.
        """
        result: ApiToken = self._drive(self._start("find_token", fields, token_id))
        return result

    def update_token(self, token_id: str | None = None, /, **fields: Unpack[UpdateTokenFields]) -> TokenUpdate:
        """Change the name, description or role of a token; what is not passed stays as it is. Everything is validated
        before anything is written, and where nothing changes, nothing is sent.

        Args:
            token_id, token_name, workspace_id, deployment_id: Which token; see `find_token`.
            name (str): The new name.
            description (str): The new description; an empty one clears it.
            role (str): The new role on the entity of its own scope.
        """
        result: TokenUpdate = self._drive(self._start("update_token", fields, token_id))
        return result

    def add_token_role(self, token_id: str | None = None, /, **fields: Unpack[TokenRoleFields]) -> RoleChange:
        """Add a role to a token on a Workspace or Deployment; every other role stays. Where it has another one there,
        that is changed.

        Args:
            token_id, token_name: Which token.
            workspace_id (str): The Workspace to get the role on.
            deployment_id (str): The Deployment to get the role on.
            role (str): The role, required.
            preview (bool): Writes nothing, and returns what would become of it.
        """
        result: RoleChange = self._drive(self._start("add_token_role", fields, token_id))
        return result

    def change_token_role(self, token_id: str | None = None, /, **fields: Unpack[TokenRoleFields]) -> RoleChange:
        """Change the role that a token has on a Workspace or Deployment; where it has none there, that is an error.

        Args:
            token_id, token_name: Which token.
            workspace_id (str): The Workspace of the role.
            deployment_id (str): The Deployment of the role.
            role (str): The new role, required.
            preview (bool): Writes nothing, and returns what would become of it.
        """
        result: RoleChange = self._drive(self._start("change_token_role", fields, token_id))
        return result

    def remove_token_role(self, token_id: str | None = None, /, **fields: Unpack[RemoveTokenRoleFields]) -> RoleChange:
        """Take the role of a token on a Workspace or Deployment away. Where it has none there, there is nothing to do.

        Args:
            token_id, token_name: Which token.
            workspace_id (str): The Workspace of the role.
            deployment_id (str): The Deployment of the role.
            remove_orphans (bool): Removes narrower roles too: those on Deployments of the Workspace, and on DAGs of the
                Deployment. Without it, a warning names them.
            preview (bool): Writes nothing, and returns what would become of it.
        """
        result: RoleChange = self._drive(self._start("remove_token_role", fields, token_id))
        return result

    def rotate_token(
        self, token_id: str | None = None, /, *, store: AnyStore | None = None, **fields: Unpack[RotateTokenFields]
    ) -> Rotation:
        """Replace the secret of a token. By itself the old secret stops working at once, and the new one is in `secret`
        of what is returned.

        With `overlap` a successor is made, its secret is written to `store`, and only then the old token is deleted. Where
        `store` raises `NotWritten`, the successor is deleted and the old token is as it was; after any other exception both
        live, and the error names both. What was done stands at the end of both descriptions until it is over (see `Mark`), so
        that it can be run again after a crash, and beside another run.

        Args:
            token_id, token_name, workspace_id, deployment_id: Which token; see `find_token`.
            overlap (bool): Makes a successor.
            store (Store): With `overlap`, required: where the secret of the successor goes.
            keep_old (int or timedelta): With `overlap`: for how many seconds the old token stays. The next rotation deletes
                it when that time is over, and so does `finish_rotation`.
            leftover_after (int or timedelta): With `overlap`: after how many seconds a token counts as left behind that an
                earlier run has made and not handed over. It has to be longer than the longest run of any client of this
                token, the store included. Default: 3600.
            allow_lockout (bool): Rotates the token that the client itself authenticates with, although a lost answer
                would lock it out.
        """
        lent = LentStore(store, is_async=False)
        by = "a rotation with overlap: pass `overlap=True`, or take the secret of the result"
        refuse_unused(store, fields.get("overlap"), by=by)
        result: Rotation = self._drive(self._start("rotate_token", fields, token_id), lent)
        return result

    def finish_rotation(
        self, token_id: str | None = None, /, *, store: AnyStore | None = None, **fields: Unpack[FinishRotationFields]
    ) -> Rotation:
        """Clean up after rotations with overlap: delete the old tokens whose time is over, and complete what was
        interrupted. Where there is nothing to do, that is a success.

        Args:
            token_id, token_name, workspace_id, deployment_id: Which token; the id may also be that of a token that replaces
                it or was replaced by it. See `find_token`.
            old_token_id (str): Only this old token is deleted.
            now (bool): Deletes an old token although the time for which it is kept is not over.
            leftover_after (int or timedelta): See `rotate_token`; nothing younger is deleted, `now` or not. Default: 3600.
            store (Store): Where the secret of the token is. Only its `read` is used: what it holds is never deleted, and what
                an earlier run has left behind is deleted only where the store holds the secret of another token.
        """
        lent = LentStore(store, is_async=False)
        result: Rotation = self._drive(self._start("finish_rotation", fields, token_id), lent)
        return result

    def delete_token(self, token_id: str | None = None, /, **fields: Unpack[DeletionFields]) -> None:
        """Delete a token. Its secret stops working at once, and it cannot be brought back.

        Args:
            token_id, token_name, workspace_id, deployment_id: Which token. Its name is enough only where no other token of that
                name is left, one that a rotation keeps included.
            allow_lockout (bool): Deletes the token that you authenticate with, which nothing is accepted from
                afterwards.
        """
        self._drive(self._start("delete_token", fields, token_id))

    def run(
        self, command: Command, *, store: AnyStore | None = None, **options: Unpack[CommandOptions]
    ) -> ApiToken | TokenUpdate | RoleChange | Rotation | list[ApiToken] | None:
        """Do what a command says; `parse_command` reads one.

        Args:
            command (Command): The command. Its group decides what a token has to belong to.
            store: For a rotation with overlap, or to create a token; see there.
            overlap, keep_old, leftover_after, allow_lockout: For a rotation; see `rotate_token`.
            idempotency_key (str): To create a token; see `create_token`.
            remove_orphans (bool): For the removal of a role; see `remove_token_role`.

        Returns:
            What the method of that work returns; of a list all its tokens.
        """
        lent = LentStore(store, is_async=False)
        conversation = self._start_command(command, options, store)
        if command.to_dict()["operation"] == "list_tokens":
            return list(self._tokens(conversation))
        result: ApiToken | TokenUpdate | RoleChange | Rotation | None = self._drive(conversation, lent)
        return result

    def close(self) -> None:
        """Close the connections, unless they are those of a client of yours. What other threads are at fails then, with
        a `ConversationError` that says what stands."""
        if self._own_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drive(self, conversation: Conversation, store: LentStore | None = None) -> Any:
        with self._run(conversation, store) as run:
            event = None
            while not run.is_done:
                event = self._perform(run.step(event), run)
            return run.result

    def _tokens(self, conversation: Conversation) -> Generator[ApiToken, None, None]:
        with self._run(conversation) as run:
            event = None
            while not run.is_done:
                step = run.step(event)
                if isinstance(step, Step.Page):
                    yield from step.page.tokens
                event = self._perform(step, run)

    def _perform(self, step: Step, run: Run) -> Response | Event | None:
        match step:
            case Step.Request() if self._http.is_closed:
                return Event.Failed(self._closed(), False)
            case Step.Request(request):
                try:
                    return exchange(self._http, *self._http_request(request))
                except httpx.RequestError as failure:
                    return self._failed(failure)
                except Exception:
                    # A connection that is closed meanwhile ends with an error of any kind.
                    if not self._http.is_closed:
                        raise
                    return Event.Failed(self._closed(), True)
            case Step.Wait(milliseconds):
                if not self._http.is_closed:
                    time.sleep(milliseconds / 1000)
                return Event.Waited()
            case Step.Prove() | Step.ReadStore() | Step.Store():
                try:
                    return run.store.answer(step, run.store.call(step))
                except Exception as failure:
                    return run.store.failed(step, failure)
            case Step.Page():
                return Event.Next()
        return None
