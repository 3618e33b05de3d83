"""What `AstroTokens` and `AsyncAstroTokens` have in common: conversations of the core, on `httpx`."""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx

from ._core import (
    Api,
    Claims,
    Command,
    Conversation,
    Event,
    Request,
    Response,
    Secret,
    Session,
    Step,
    base_url_of_domain,
    credential_from_env,
    inspect_token,
    version,
)
from ._errors import AstroTokensError, ConversationError, Problem
from ._exchange import Until, Unread
from ._settings import check_client, check_names, in_seconds, refuse_unused
from ._store import LentStore
from .conversation import attach, clock

if TYPE_CHECKING:
    from ._types import ApiVersion, CommandOptions, Work

__all__ = ["Client", "Run", "is_secure"]

IDENTIFICATION = {
    "user-agent": f"astro-tokens-python/{version()}",
    "x-astro-client-identifier": "astro-tokens-python",
    "x-astro-client-version": version(),
}

# Where a request surely has not been sent. In the middle of anything else the server may have it.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def log_warning(problem: Problem) -> None:
    """What clients do with warnings unless they are told otherwise."""
    logging.getLogger("astro_tokens").warning("%s", problem)


class Run:
    """One conversation on its way: what its drivers have in common. As a context manager it ends the conversation, and
    tells an interrupt what stands."""

    def __init__(self, conversation: Conversation, on_warning: Callable[[Problem], None], store: LentStore) -> None:
        self.conversation = conversation
        self.on_warning = on_warning
        self.store = store
        self.now_ms = clock()
        self.is_done = False
        self.result: Any = None

    def step(self, event: Response | Event | None) -> Step:
        """Tell what came of the last step, and get the next one."""
        step = self.conversation.step(event, self.now_ms())
        if isinstance(step, Step.Done):
            for problem in self.conversation.warnings:
                self.warn(problem)
            self.result = step.result
            self.is_done = True
        return step

    def warn(self, problem: Problem) -> None:
        try:
            self.on_warning(problem)
        except Exception:
            # What was done must not be lost for a warning of it.
            logging.getLogger("astro_tokens").exception("on_warning failed")

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(exception, ConversationError):
            if exception.code == "not_stored":
                exception.__cause__ = self.store.failure
        elif exception is not None and not isinstance(exception, GeneratorExit):
            attach(exception, self.conversation, self.now_ms())
        self.conversation.close()
        if exception is not None and not isinstance(exception, (Exception, GeneratorExit)):
            # The frames of the HTTP client hold the credential, and some tools print what frames hold.
            raise exception.with_traceback(None)


class Client:
    """What the two clients have in common: the credential, the session, and how a request is sent and read."""

    _http: httpx.Client | httpx.AsyncClient
    _own_http: bool
    _timeout: float | None

    def __init__(
        self,
        token: str | Secret | None = None,
        *,
        organization_id: str | None = None,
        api_version: ApiVersion | None = None,
        base_url: str | None = None,
        domain: str | None = None,
        strict: bool | None = None,
        allow_unknown_roles: bool | None = None,
        workspace_id: str | None = None,
        deployment_id: str | None = None,
        env: Mapping[str, str] | None = None,
        attempts: int | None = None,
        patience: float | None = None,
        rate_limits: bool | None = None,
        on_warning: Callable[[Problem], None] | None = None,
    ) -> None:
        check_client(type(self).__name__, token, env, on_warning)
        env = os.environ if env is None else env
        self._on_warning = on_warning or log_warning
        if token is None:
            credential = credential_from_env(env)
            for problem in credential.warnings:
                self._on_warning(problem)
            token = credential.token
        self._token = token if isinstance(token, Secret) else Secret(token)
        self._claims = inspect_token(self._token)
        if base_url is None:
            base_url = base_url_of_domain(env.get("ASTRO_DOMAIN", "") if domain is None else domain)
        self._api = Api(
            organization_id=self._claims.organization_id if organization_id is None else organization_id,
            api_version=api_version,
            base_url=base_url,
            strict=strict,
            allow_unknown_roles=allow_unknown_roles,
            workspace_id=workspace_id,
            deployment_id=deployment_id,
        )
        self._session = Session(
            self._api,
            token_id=self._claims.token_id,
            attempts=attempts,
            patience=patience,
            rate_limits=rate_limits,
        )

    @property
    def api(self) -> Api:
        """Where the tokens are: for requests of your own."""
        return self._api

    @property
    def claims(self) -> Claims:
        """What the credential says about itself."""
        return self._claims

    @property
    def session(self) -> Session:
        """For conversations that you drive yourself: they share the pace of this client."""
        return self._session

    def __repr__(self) -> str:
        where = f"organization_id={self._api.organization_id!r}, base_url={self._api.base_url!r}"
        return f"{type(self).__name__}({where}, token_id={self._claims.token_id!r})"

    def _check_names(self, settings: Mapping[str, Any]) -> None:
        clients = (each for each in type(self).__mro__ if issubclass(each, Client))
        known = {name for client in clients for name in inspect.signature(client.__init__).parameters}
        check_names(type(self).__name__, settings, known - {"self", "settings"})

    def _check_open(self) -> None:
        if self._http.is_closed:
            raise AstroTokensError(self._closed())

    def _closed(self) -> str:
        return f"this {type(self).__name__} is closed, and sends nothing any more; make another one"

    def _run(self, conversation: Conversation, store: LentStore | None = None) -> Run:
        return Run(conversation, self._on_warning, store or LentStore())

    def _start(self, work: Work, fields: Mapping[str, Any], token_id: str | None = None) -> Conversation:
        self._check_open()
        fields = in_seconds(fields)
        if token_id is not None:
            if fields.get("token_id") is not None:
                raise TypeError(f"{work}() got two values for `token_id`")
            fields = {**fields, "token_id": token_id}
        return self._session.start(work, fields)

    def _start_command(self, command: Command, options: CommandOptions, store: object) -> Conversation:
        self._check_open()
        conversation = self._session.start_command(command, **in_seconds(options))
        operation = command.to_dict()["operation"]
        is_used = operation == "create_token" or (operation == "rotate_token" and options.get("overlap"))
        refuse_unused(store, is_used, by="a command that creates a token, or that rotates one with `overlap=True`")
        return conversation

    def _http_request(self, request: Request) -> tuple[httpx.Request, Until]:
        # In a function of its own: while the request is on its way, no frame here holds the credential.
        headers = {**request.headers, **IDENTIFICATION, "authorization": f"Bearer {self._token.expose()}"}
        sent = self._http.build_request(request.method, request.url, headers=headers, content=request.body)
        # A patience of 0 seconds is about repetitions: the first try has its time.
        limits = (self._timeout if self._own_http else None, self._session.patience)
        until = Until(min((limit for limit in limits if limit), default=float("inf")))
        if self._own_http:
            sent.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), until)
        return sent, until

    def _failed(self, failure: httpx.RequestError) -> Event:
        told = str(failure)
        if not isinstance(failure, Unread):
            told = f"{type(failure).__name__}: {told}" if told else type(failure).__name__
        told = told.replace(self._token.expose(), "[redacted]")
        return Event.Failed(told, not isinstance(failure, NOT_SENT))


def is_secure(api: Api) -> bool:
    return api.base_url.startswith("https:")
