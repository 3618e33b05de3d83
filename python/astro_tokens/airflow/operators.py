"""Operators that create, rotate and delete tokens and add roles to them.

What they return, and so what goes into XCom, is what Astro says about a token, without its secret: that goes into a store
and nowhere else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTerminated
from airflow.sdk.log import mask_secret

from .. import ApiToken, AstroTokens, ConversationError, Rotation
from .._shown import harmless, told
from .._store import methods
from .hooks import AstroTokenHook
from .stores import StoreError, Watched, as_store

if TYPE_CHECKING:
    from airflow.sdk import Context

    from .. import Kind
    from .._types import AnyStore

__all__ = [
    "AstroCreateTokenOperator",
    "AstroDeleteTokenOperator",
    "AstroEnsureTokenRoleOperator",
    "AstroFinishRotationOperator",
    "AstroRotateTokenOperator",
]

IfExists = Literal["fail", "keep", "rotate", "create"]
TARGET = ("token_id", "token_name", "workspace_id", "deployment_id")


class AstroTokenOperator(BaseOperator):
    """What the operators have in common: the connection, what is said after an interrupt, and what a killed task does.

    Args:
        astro_conn_id: The id of the connection. Rendered as a template.
    """

    template_fields: Sequence[str] = ("astro_conn_id",)
    ui_color = "#e8ddfa"

    def __init__(self, *, astro_conn_id: str = AstroTokenHook.default_conn_name, **kwargs: Any) -> None:
        """With this connection."""
        super().__init__(**kwargs)
        self.astro_conn_id = astro_conn_id
        self._is_at_work = False

    def on_kill(self) -> None:
        """End the work with what stands. Airflow itself would let it go on until it kills the process without a word."""
        if self._is_at_work:
            raise AirflowTaskTerminated("the task was told to end")

    @contextlib.contextmanager
    def _astro(self) -> Iterator[AstroTokens]:
        self._is_at_work = True
        try:
            with AstroTokenHook(self.astro_conn_id).get_conn() as astro:
                yield astro
        except BaseException as failure:
            stands = ConversationError.of(failure)
            if stands is not None and stands.secret is not None:
                mask_secret(stands.secret.expose())
            if stands is not None and stands is not failure:
                # After an interrupt. An error of the work itself is logged by Airflow, with all that it says.
                self.log.error("%s", stands)
            raise
        finally:
            self._is_at_work = False


class ExistingTokenOperator(AstroTokenOperator):
    """What those have in common that are about a token that there is.

    Args:
        token_id, token_name, workspace_id, deployment_id: Which token; see `AstroTokens.find_token`. Rendered as templates.
        astro_conn_id: The id of the connection. Rendered as a template.
    """

    template_fields = (*AstroTokenOperator.template_fields, *TARGET)

    def __init__(
        self,
        *,
        token_id: str | None = None,
        token_name: str | None = None,
        workspace_id: str | None = None,
        deployment_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Of this token."""
        super().__init__(**kwargs)
        self.token_id = token_id
        self.token_name = token_name
        self.workspace_id = workspace_id
        self.deployment_id = deployment_id

    def _target(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in TARGET}


class AstroCreateTokenOperator(AstroTokenOperator):
    """Creates a token and stores its secret.

    Names of tokens are not unique, and a task may run twice: so it looks for a token of that name first. That of a Workspace
    or Deployment token is looked for there, that of an Organization token among all. One that a killed task has made, and whose
    secret it has not stored, is recognised by its idempotency key, and replaced when it is an hour old.

    Args:
        name, role, workspace_id, deployment_id, description, expiration_days, kind: See `AstroTokens.create_token`. All but
            the days are rendered as templates.
        store: A `TokenStore`, another store of `AstroTokens`, or a function of a `Secret`. Its template fields are rendered.
        idempotency_key: See `AstroTokens.create_token`. Default: the ids of DAG, task and run, and the map index. Rendered as a
            template.
        if_exists: What to do where a token of that name exists. `fail`: nothing, and fail. `keep`: nothing, if it has the
            role; its secret has to be in the store already. `rotate`: rotate it with overlap into the store. `create`: make
            another one without looking, each time that the task runs.
        astro_conn_id: The id of the connection. Rendered as a template.
    """

    template_fields = (
        *AstroTokenOperator.template_fields,
        "name",
        "role",
        "workspace_id",
        "deployment_id",
        "description",
        "kind",
        "idempotency_key",
        "store",
    )

    def __init__(
        self,
        *,
        name: str,
        role: str,
        store: AnyStore,
        workspace_id: str | None = None,
        deployment_id: str | None = None,
        description: str | None = None,
        expiration_days: int | None = None,
        kind: Kind | None = None,
        idempotency_key: str | None = None,
        if_exists: IfExists = "fail",
        **kwargs: Any,
    ) -> None:
        """With these fields of the token."""
        super().__init__(**kwargs)
        if if_exists not in ("fail", "keep", "rotate", "create"):
            raise ValueError(f"`if_exists` is `{if_exists}`; it is fail, keep, rotate or create")
        self.name = name
        self.role = role
        self.workspace_id = workspace_id
        self.deployment_id = deployment_id
        self.description = description
        self.expiration_days = expiration_days
        self.kind = kind
        self.idempotency_key = idempotency_key
        self.store = as_store(store)
        self.if_exists = if_exists

    def execute(self, context: Context) -> dict[str, Any]:
        """Create the token; what Astro says about it."""
        with self._astro() as astro:
            found = None if self.if_exists == "create" else self._find(astro)
            if found is None:
                token = self._create(astro, context)
                self.log.info("created the token `%s` (`%s`, %s)", token.id, token.name, token.short_token)
                return described(token)
            if self.if_exists == "rotate":
                rotation = astro.rotate_token(found.id, overlap=True, store=Watched(self.store))
                self.log.info("the token `%s` existed, and was replaced by `%s`", found.id, rotation.token.id)
                return described(rotation.token)
            self._refuse(found)
            self.log.info("the token `%s` exists: it was kept, and %r was not touched", found.id, self.store)
            return described(found)

    def _find(self, astro: AstroTokens) -> ApiToken | None:
        try:
            found = astro.find_token(
                token_name=self.name, workspace_id=self.workspace_id, deployment_id=self.deployment_id
            )
        except ConversationError as error:
            if error.code != "not_found":
                raise
            return None
        # Nobody has the secret of one that another task has not stored yet, or never will: its key decides, not its name.
        is_left = found.mark is not None and found.mark.state == "keyed" and found.last_used_at is None
        return None if is_left and self.if_exists != "rotate" else found

    def _refuse(self, found: ApiToken) -> None:
        exists = f"there is a token called `{self.name}` already, with the id `{found.id}`"
        if self.if_exists == "fail":
            help = "set `if_exists`: keep it, rotate it into the store, or create another one"
            raise AirflowFailException(f"{exists}; nothing was changed\n  help: {help}")
        if self.role not in [role.role for role in found.roles or ()]:
            help = "change its role, or use another name for the new token"
            raise AirflowFailException(f"{exists}, without the role `{self.role}`; nothing was changed\n  help: {help}")

    def _create(self, astro: AstroTokens, context: Context) -> ApiToken:
        ti = context["ti"]
        return astro.create_token(
            name=self.name,
            role=self.role,
            workspace_id=self.workspace_id,
            deployment_id=self.deployment_id,
            description=self.description,
            expiration_days=self.expiration_days,
            kind=self.kind,
            idempotency_key=self.idempotency_key or f"{ti.dag_id} {ti.task_id} {ti.map_index} {ti.run_id}",
            store=Watched(self.store),
        )


class AstroRotateTokenOperator(ExistingTokenOperator):
    """Replaces the secret of a token.

    By itself with overlap: a successor is made, its secret stored and read back, and only then the old token is deleted. Where
    storing fails, both live, and the log names both; where the store says with `NotWritten` that nothing was written, the
    successor is deleted. Run again after a crash it goes on where it stood.

    It is not retried: what failed once may need to be looked at, and `retries` in `default_args` or the configuration do not
    count. `retries` of its own is an error.

    Args:
        token_id, token_name, workspace_id, deployment_id: Which token; see `AstroTokens.find_token`. Rendered as templates.
            With overlap the id changes each time, and the name stays.
        store: A `TokenStore`, another store of `AstroTokens`, or a function of a `Secret`. Its template fields are rendered.
        overlap: Whether the old token lives until the secret of its successor is stored. Without, the old secret dies before
            the new one is stored, and the store has to be one that can be proven and read back.
        keep_old: For how long the old token stays, in seconds or as a `timedelta`. The next rotation deletes it when that time
            is over, and so does `AstroFinishRotationOperator`.
        leftover_after: After how long a token counts as left behind that a killed task has made, in seconds or as a
            `timedelta`; longer than a task of any DAG takes that rotates this token. Default: an hour.
        allow_lockout: See `AstroTokens.rotate_token`.
        astro_conn_id: The id of the connection. Rendered as a template.
    """

    template_fields = (*ExistingTokenOperator.template_fields, "store")

    def __init__(
        self,
        *,
        store: AnyStore,
        overlap: bool = True,
        keep_old: int | timedelta | None = None,
        leftover_after: int | timedelta | None = None,
        allow_lockout: bool = False,
        **kwargs: Any,
    ) -> None:
        """Of this token, into this store."""
        super().__init__(**without_retries(kwargs))
        self.store = as_store(store)
        self.overlap = overlap
        self.keep_old = keep_old
        self.leftover_after = leftover_after
        self.allow_lockout = allow_lockout
        _, read, prove = methods(self.store, is_async=False)
        if not overlap and not (read and prove):
            raise ValueError(
                f"without overlap the old secret dies before the new one is stored, and {self.store!r} cannot be tried "
                "before or read back after; leave `overlap` out, or use a store with `read` and `prove`"
            )
        if not self.store.is_lasting and not keep_old:
            raise ValueError(
                f"what is in {self.store!r} ends with the task, and so would the only secret that works; "
                "set `keep_old`, or use another store"
            )

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """For task mapping. The scheduler reads the retries of a mapped task here."""
        return super().partial(**without_retries(kwargs))

    def execute(self, context: Context) -> dict[str, Any]:
        """Rotate the token; what Astro says about it, the `effects`, and `oldTokenId` and `oldKeptUntilMs` where there are any."""
        with self._astro() as astro:
            store = Watched(self.store)
            if not self.overlap:
                self._prove(store)
            rotation = astro.rotate_token(
                **self._target(),
                overlap=self.overlap,
                keep_old=self.keep_old,
                leftover_after=self.leftover_after,
                allow_lockout=self.allow_lockout,
                store=store if self.overlap else None,
            )
            if not self.overlap:
                self._store_at_once(store, rotation)
            self.log.info("the token `%s` (%s) has a new secret", rotation.token.id, rotation.token.short_token)
            return outcome(rotation)

    def _prove(self, store: Watched) -> None:
        try:
            store.prove()
        except Exception as failure:
            raise StoreError(f"{self.store!r} cannot be written to, nothing was sent: {told(failure)}") from failure

    def _store_at_once(self, store: Watched, rotation: Rotation) -> None:
        secret, token_id = rotation.secret, rotation.token.id
        if secret is None:
            raise AirflowFailException(f"Astro rotated the token `{token_id}` and told no secret; run the task again")
        self.log.info("replaced the secret of the token `%s`; it has still to be stored", token_id)
        try:
            store.write(secret)
            return
        except Exception as exception:
            failure = exception
        # Not in the `except`: what prints an error with all that led to it would show the secret, too.
        raise AirflowFailException(
            f"the secret of the token `{token_id}` could not be stored: {told(failure, secret.expose())}\n"
            f"  done: replaced the secret of the token `{token_id}`; the old one does not work any more\n"
            "  help: repair the store, then run the task again: each rotation makes a secret that works"
        ) from harmless(failure, secret.expose())


class AstroFinishRotationOperator(ExistingTokenOperator):
    """Cleans up after rotations with overlap: deletes the old tokens whose time is over, and completes what was interrupted.
    Where there is nothing to do, that is a success.

    Args:
        token_id, token_name, workspace_id, deployment_id: Which token; see `AstroTokens.finish_rotation`. Rendered as templates.
        old_token_id: Only this old token is deleted. Rendered as a template.
        now: Deletes an old token although the time for which it is kept is not over.
        leftover_after: See `AstroRotateTokenOperator`. Nothing younger is deleted.
        store: Where the secret of the token is; it is only read. What it holds is never deleted, and what a killed task has left
            behind is deleted only where the store holds the secret of another token. Its template fields are rendered.
        astro_conn_id: The id of the connection. Rendered as a template.
    """

    template_fields = (*ExistingTokenOperator.template_fields, "old_token_id", "store")

    def __init__(
        self,
        *,
        old_token_id: str | None = None,
        now: bool = False,
        leftover_after: int | timedelta | None = None,
        store: AnyStore | None = None,
        **kwargs: Any,
    ) -> None:
        """Of this token."""
        super().__init__(**kwargs)
        self.old_token_id = old_token_id
        self.now = now
        self.leftover_after = leftover_after
        self.store = None if store is None else as_store(store)

    def execute(self, context: Context) -> dict[str, Any]:
        """Clean up; what Astro says about the token that is in use, and the rest of it as for a rotation."""
        with self._astro() as astro:
            rotation = astro.finish_rotation(
                **self._target(),
                old_token_id=self.old_token_id,
                now=self.now,
                leftover_after=self.leftover_after,
                store=None if self.store is None else Watched(self.store),
            )
            for effect in rotation.effects:
                self.log.info("%s", effect.text)
            if not rotation.effects:
                self.log.info("the token `%s` has no old token any more", rotation.token.id)
            return outcome(rotation)


class AstroEnsureTokenRoleOperator(ExistingTokenOperator):
    """Adds a role on a Workspace or Deployment to a token; every other role stays. Where it has it, there is nothing to do.

    Args:
        token_id, token_name: Which token. Rendered as templates.
        workspace_id, deployment_id: Where it is to have the role. Rendered as templates.
        role: The role. Rendered as a template.
        astro_conn_id: The id of the connection. Rendered as a template.
    """

    template_fields = (*ExistingTokenOperator.template_fields, "role")

    def __init__(
        self,
        *,
        role: str,
        **kwargs: Any,
    ) -> None:
        """This role for this token."""
        super().__init__(**kwargs)
        self.role = role

    def execute(self, context: Context) -> dict[str, Any]:
        """Add the role; `changed`, `oldRole`, `newRole` and the rest of `RoleChange.to_dict`."""
        with self._astro() as astro:
            change = astro.add_token_role(**self._target(), role=self.role)
            did = "has now" if change.changed else "had already"
            self.log.info("the token `%s` %s the role `%s` on `%s`", change.token.id, did, self.role, change.entity_id)
            return {**change.to_dict(), "token": described(change.token)}


class AstroDeleteTokenOperator(ExistingTokenOperator):
    """Deletes a token. Its secret stops working at once.

    Args:
        token_id, token_name, workspace_id, deployment_id: Which token; see `AstroTokens.find_token`. Rendered as templates.
        missing_ok: Whether a token that does not exist is a success, as when the task runs twice.
        allow_lockout: See `AstroTokens.delete_token`.
        astro_conn_id: The id of the connection. Rendered as a template.
    """

    def __init__(
        self,
        *,
        missing_ok: bool = False,
        allow_lockout: bool = False,
        **kwargs: Any,
    ) -> None:
        """This token."""
        super().__init__(**kwargs)
        self.missing_ok = missing_ok
        self.allow_lockout = allow_lockout

    def execute(self, context: Context) -> None:
        """Delete the token."""
        with self._astro() as astro:
            try:
                astro.delete_token(**self._target(), allow_lockout=self.allow_lockout)
            except ConversationError as error:
                if error.code != "not_found" or not self.missing_ok:
                    raise
                self.log.info("%s", error.message)


def without_retries(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments with `retries` off. What was inherited of a DAG is not among them yet."""
    if kwargs.get("retries"):
        raise ValueError(
            f"`retries` is {kwargs['retries']}, and a rotation is not retried: leave it out, "
            "and clear the task when you have read in its log what stands"
        )
    return {**kwargs, "retries": 0}


def described(token: ApiToken) -> dict[str, Any]:
    """What Astro says about a token, but for the secret."""
    fields = token.to_dict()
    fields.pop("token", None)
    return fields


def outcome(rotation: Rotation) -> dict[str, Any]:
    fields = rotation.to_dict()
    return {**described(rotation.token), **{name: value for name, value in fields.items() if name != "token"}}
