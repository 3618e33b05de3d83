"""What Airflow and the authors of DAGs are told before anything runs."""

import asyncio
import functools
import json
from datetime import datetime
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.serialization.serialized_objects import DagSerialization

from astro_tokens import AstroTokens, Secret
from astro_tokens.airflow import get_provider_info
from astro_tokens.airflow.hooks import AstroTokenHook
from astro_tokens.airflow.operators import (
    AstroCreateTokenOperator,
    AstroDeleteTokenOperator,
    AstroEnsureTokenRoleOperator,
    AstroFinishRotationOperator,
    AstroRotateTokenOperator,
)
from astro_tokens.airflow.sensors import AstroExpiringTokensSensor
from astro_tokens.airflow.stores import EnvironmentStore, FunctionStore, StoreError, VariableStore, Watched
from astro_tokens.airflow.triggers import AstroExpiringTokensTrigger

SECRET = "eyJhbGciOiJub25lIn0.e30.never_to_be_seen_anywhere"


def put(secret, where="vault"):
    """A function that stores nothing."""


def rotation(**fields):
    return AstroRotateTokenOperator(task_id="rotate", token_name="CI", **{"store": VariableStore("ci"), **fields})


# ---- the provider and its connection ----------------------------------------------------------------------------------


def test_airflow_knows_the_provider(airflow):
    assert "astro-tokens" in airflow.printed("providers", "list")
    hooks = json.loads(airflow.printed("providers", "hooks", "--output", "json").splitlines()[-1])
    [hook] = [hook for hook in hooks if hook["connection_type"] == "astro"]
    assert hook["class"] == "astro_tokens.airflow.hooks.AstroTokenHook"
    assert hook["conn_id_attribute_name"] == AstroTokenHook.conn_name_attr == "astro_conn_id"
    assert hook["hook_name"] == AstroTokenHook.hook_name == get_provider_info()["name"]


@pytest.mark.filterwarnings("error::airflow.exceptions.AirflowProviderDeprecationWarning")
def test_the_form_of_the_connection():
    from airflow.providers_manager import ProvidersManager

    manager = ProvidersManager()
    assert manager.field_behaviours["astro"]["relabeling"]["password"] == "API token"
    fields = {name for name in manager.connection_form_widgets if name.startswith("extra__astro__")}
    assert fields == {
        f"extra__astro__{name}"
        for name in ("api_version", "strict", "allow_unknown_roles", "timeout", "patience", "attempts")
    }


def test_a_connection_from_a_uri(world, monkeypatch):
    token = world.sandbox.owner_token.expose()
    where = world.url.replace("http://", f"http://:{token}@")
    monkeypatch.setenv("AIRFLOW_CONN_ASTRO_URI", f"astro://{where}/clorg?timeout=7.5&strict=true&attempts=2&api_version=v1")
    hook = AstroTokenHook("astro_uri")
    with hook.get_conn() as astro:
        assert (astro.api.base_url, astro.api.organization_id, astro.api.strict) == (world.url, "clorg", True)
        assert [token.name for token in astro.tokens()] == ["Owner"]
    ok, sentence = hook.test_connection()
    assert ok and sentence == f"{world.url} accepts the token for the Organization clorg; it never expires"


@pytest.mark.parametrize(
    ("fields", "base_url"),
    [
        ({}, "https://api.astronomer.io"),
        ({"host": "pr1234.astronomer-dev.io"}, "https://pr1234.api.astronomer-dev.io"),
        ({"host": "https://cloud.astronomer.io"}, "https://api.astronomer.io"),
        ({"host": "https://proxy.example.com/astro"}, "https://proxy.example.com/astro"),
        ({"host": "https://proxy.example.com", "port": 8443}, "https://proxy.example.com:8443"),
    ],
)
def test_the_host_of_a_connection(world, monkeypatch, fields, base_url):
    world.url = None
    monkeypatch.setenv("AIRFLOW_CONN_ASTRO_DEFAULT", world.connection(**fields))
    with AstroTokenHook().get_conn() as astro:
        assert astro.api.base_url == base_url


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"token": ""}, "the connection `astro_default` has no password; put the API token there"),
        ({"token": "secret"}, "not_a_token"),
        ({"host": "vault"}, "`vault` is not a domain of Astro"),
        ({"schema": "<organization-id>"}, "placeholder"),
        ({"extra": "{"}, "is no JSON"),
        ({"extra": "[]"}, "is no JSON object"),
        ({"extra": {"tiemout": 5}}, "has `tiemout`, which is no setting; the settings are api_version, strict,"),
        ({"extra": {"token": "x"}}, "has `token`, which is no setting"),
        ({"extra": {"timeout": "soon"}}, "has a `timeout` that is no number"),
        ({"extra": {"timeout": 0}}, "use more than 0 seconds"),
        ({"extra": {"api_version": "v2"}}, "`v2` is not"),
    ],
)
def test_what_is_wrong_with_a_connection(world, monkeypatch, fields, why):
    monkeypatch.setenv("AIRFLOW_CONN_ASTRO_DEFAULT", world.connection(**fields))
    hook = AstroTokenHook()
    with pytest.raises(ValueError, match=r".") as caught:
        hook.get_conn()
    assert why in str(caught.value)
    with pytest.raises(type(caught.value)):
        asyncio.run(hook.get_async_conn())
    ok, sentence = hook.test_connection()
    assert not ok and why in sentence


def test_a_connection_that_is_refused_or_not_there(world, monkeypatch):
    with pytest.raises(AirflowNotFoundException):
        AstroTokenHook("nowhere").get_conn()
    monkeypatch.setenv("AIRFLOW_CONN_ASTRO_DEFAULT", world.connection(extra={"attempts": 1}))
    world.sandbox.fault(effect="status", status=401)
    ok, sentence = AstroTokenHook().test_connection()
    assert not ok and "Astro answered 401" in sentence


# ---- retries ----------------------------------------------------------------------------------------------------------


def test_retries_of_a_rotation():
    with pytest.raises(ValueError, match="`retries` is 2, and a rotation is not retried: leave it out"):
        rotation(retries=2)
    with pytest.raises(ValueError, match="`retries` is 2"):
        AstroRotateTokenOperator.partial(task_id="rotate", retries=2)
    with DAG("retries", start_date=datetime(2026, 1, 1), default_args={"retries": 3}) as dag:
        rotation(retries=0)
        AstroRotateTokenOperator.partial(task_id="mapped", store=put).expand(token_name=["CI"])
        AstroDeleteTokenOperator(task_id="delete", token_name="CI")
    scheduled = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert {task.task_id: task.retries for task in scheduled.tasks} == {"rotate": 0, "mapped": 0, "delete": 3}


# ---- stores -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", [None, "ci", {"key": "ci"}, VariableStore, 5])
@pytest.mark.parametrize("operator", [AstroRotateTokenOperator, AstroCreateTokenOperator])
def test_what_is_no_store(operator, store):
    fields = {"name": "CI", "role": "ORGANIZATION_MEMBER"} if operator is AstroCreateTokenOperator else {"token_name": "CI"}
    with pytest.raises(TypeError, match="`store` is a function of the Secret, or an object with `write.*, not "):
        operator(task_id="it", store=store, **fields)


def test_a_store_that_would_never_run():
    async def later(secret): ...

    def generate(secret):
        yield

    for function in (later, generate):
        with pytest.raises(TypeError, match="function"):
            rotation(store=function)


def test_without_overlap_a_store_has_to_be_proven():
    for store in (put, FunctionStore(put, read=str), FunctionStore(put, prove=str)):
        with pytest.raises(ValueError, match="use a store with `read` and `prove`"):
            rotation(overlap=False, store=store)
    rotation(overlap=False, store=FunctionStore(put, read=str, prove=str))


def test_a_store_that_ends_with_the_task():
    with pytest.raises(ValueError, match=r"EnvironmentStore\(name='CI'\) ends with the task.*set `keep_old`"):
        rotation(store=EnvironmentStore("CI"))
    rotation(store=EnvironmentStore("CI"), keep_old=60)


def test_what_was_written_is_read_back():
    held = ["before"]
    store = FunctionStore(lambda secret: held.append(secret.expose()[:9]), read=lambda: held[-1])
    Watched(store).write(Secret("new"))
    with pytest.raises(StoreError, match=r"what is read back of FunctionStore\(function='.*'\) is not the secret") as caught:
        Watched(store).write(Secret("much longer"))
    # Nothing is put back: meanwhile somebody else may have stored another secret.
    assert held == ["before", "new", "much long"] and "much" not in str(caught.value)
    assert Watched(FunctionStore(held.append)).read is None


def test_any_store_of_the_clients_is_one():
    class Vault:
        def write(self, secret): ...

        def read(self): ...

    for store in (Vault(), FunctionStore(put), put):
        assert "0x" not in repr(rotation(store=store).store)
    assert rotation(store=Vault()).store.read and rotation(store=Vault()).store.prove is None
    with pytest.raises(TypeError, match="`store` is "):
        AstroFinishRotationOperator(task_id="finish", token_name="CI", store="vault")


def test_the_key_of_a_create(world, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_ASTRO_DEFAULT", world.connection())
    ti = SimpleNamespace(dag_id="nightly", task_id="group.create", map_index=-1, run_id="manual__2026-11-22T12:00:00+00:00")
    keys = []

    def create(_, **fields):
        keys.append(fields["idempotency_key"])
        return world.sandbox.tokens[0]

    monkeypatch.setattr(AstroTokens, "create_token", create)
    for key in (None, "mine"):
        fields = {"name": "CI", "role": "ORGANIZATION_MEMBER", "store": put, "idempotency_key": key}
        AstroCreateTokenOperator(task_id="create", **fields).execute({"ti": ti})
    assert keys == ["nightly group.create -1 manual__2026-11-22T12:00:00+00:00", "mine"]


def test_if_exists_is_one_of_four():
    with pytest.raises(ValueError, match="`if_exists` is `replace`; it is fail, keep, rotate or create"):
        AstroCreateTokenOperator(task_id="create", name="CI", role="ORGANIZATION_MEMBER", store=put, if_exists="replace")


# ---- what is shown ----------------------------------------------------------------------------------------------------


def test_nothing_that_is_shown_or_serialized_holds_a_secret():
    with DAG("shown", start_date=datetime(2026, 1, 1)) as dag:
        function = functools.partial(put, where=SECRET)
        rotation(store=function)
        AstroRotateTokenOperator.partial(task_id="mapped", store=function).expand(token_name=["CI"])
        AstroRotateTokenOperator.partial(task_id="stores").expand_kwargs(
            [{"token_name": "CI", "store": FunctionStore(function)}, {"token_name": "CD", "store": VariableStore("cd")}]
        )
    texts = [*map(repr, dag.tasks), repr(FunctionStore(function)), json.dumps(DagSerialization.to_dict(dag))]
    assert not [text for text in texts if SECRET in text]
    # An address in it would make a new version of the DAG of every parse.
    assert "0x" not in texts[-1]
    assert "FunctionStore(function='put')" in repr(FunctionStore(put))


def test_a_trigger_is_made_of_what_it_serializes():
    fields = {
        "astro_conn_id": "astro_default",
        "workspace_id": "clws",
        "deployment_id": None,
        "within_days": 14,
        "kinds": ["expires"],
        "poke_interval": 60.0,
    }
    path, kwargs = AstroExpiringTokensTrigger(**fields).serialize()
    assert path == "astro_tokens.airflow.triggers.AstroExpiringTokensTrigger"
    assert kwargs == json.loads(json.dumps(kwargs)) == fields


@pytest.mark.parametrize("kinds", ["expires", [], ["unused"], ["expired", "exipres"]])
def test_kinds_of_the_sensor(kinds):
    with pytest.raises(ValueError, match="it is a list of expired, expires, never_expires"):
        AstroExpiringTokensSensor(task_id="it", kinds=kinds)


@pytest.mark.parametrize(
    ("operator", "fields"),
    [
        (AstroCreateTokenOperator, {"name": "CI", "role": "ORGANIZATION_MEMBER", "store": put}),
        (AstroRotateTokenOperator, {"store": put}),
        (AstroFinishRotationOperator, {}),
        (AstroEnsureTokenRoleOperator, {"role": "WORKSPACE_AUTHOR"}),
        (AstroDeleteTokenOperator, {}),
        (AstroExpiringTokensSensor, {}),
    ],
)
def test_templates_are_rendered(operator, fields):
    task = operator(task_id="it", **fields)
    for name in task.template_fields:
        if name != "store":
            setattr(task, name, "{{ it }}")
    task.render_template_fields({"it": "rendered"})
    assert {getattr(task, name) for name in task.template_fields if name != "store"} == {"rendered"}
