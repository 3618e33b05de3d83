"""The page about Airflow: its Python runs, its connections are ones, its failure looks like that, its example works."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from airflow.sdk import DAG

from astro_tokens import AstroTokens, ConversationError, Secret
from astro_tokens.airflow.hooks import AstroTokenHook
from astro_tokens.airflow.stores import FunctionStore, StoreError, Watched
from astro_tokens.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/airflow.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
[FAILURE] = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHELL = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
URIS = re.findall(r'="(astro://[^"]*)"', PAGE)


@pytest.fixture(scope="module")
def names():
    """What all blocks have made, one after the other in a DAG."""
    names = {}
    with DAG("page", start_date=datetime(2026, 1, 1)):
        for block in BLOCKS:
            exec(block, names)
    return names


def test_every_block_runs(names):
    assert len(BLOCKS) > 8
    assert {name for name, value in names.items() if hasattr(value, "task_id")} == {
        "create", "delete", "ensure", "expiring", "finish", "overnight", "rotate",
    }  # fmt: skip
    assert names["overnight"].upstream_task_ids == {"finish"}


def test_the_store_of_the_page(names, tmp_path):
    path = tmp_path / "secret"
    path.write_text("before")
    store = names["FileStore"](str(path))
    Watched(store).prove()
    assert Watched(store).read() == path.read_text() == "before"
    Watched(store).write(Secret("new"))
    assert path.read_text() == "new" and os.listdir(tmp_path) == ["secret"]
    store.read = lambda: "something else"
    with pytest.raises(StoreError, match="is not the secret that was written") as caught:
        Watched(store).write(Secret("newer"))
    assert "newer" not in str(caught.value)
    store = names["FileStore"](str(tmp_path / "nowhere" / "secret"))
    assert store.read() is None
    with pytest.raises(OSError):
        store.prove()


@pytest.mark.parametrize("uri", URIS)
def test_the_connections_of_the_page(world, monkeypatch, uri):
    token = world.sandbox.owner_token.expose()
    monkeypatch.setenv("AIRFLOW_CONN_ASTRO_DEFAULT", uri.replace("$ASTRO_API_TOKEN", token))
    with AstroTokenHook().get_conn() as astro:
        assert astro.claims.token_id == "cltoken0"
        assert astro.api.base_url in ("https://api.astronomer.io", "http://127.0.0.1:8899")


def test_the_failure_of_the_page():
    def write(secret):
        raise OSError("the vault is sealed")

    astro = AstroTokens(sandbox=Sandbox())
    astro.create_token(name="CI", role="ORGANIZATION_MEMBER", expiration_days=9)
    with pytest.raises(ConversationError) as caught:
        astro.rotate_token(token_name="CI", overlap=True, store=Watched(FunctionStore(write)))
    time = re.compile(r"20\S+Z")
    assert time.sub("", f"{caught.value}\n") == time.sub("", FAILURE)


def test_the_example_of_the_page(airflow, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        script = SHELL[-1].replace("8899", str(free.getsockname()[1]))
    assert "airflow dags test" in script
    env = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    log = tmp_path / "log"
    with log.open("w") as file:
        # A group of its own: the server that the block begins ends with it.
        shell = subprocess.Popen(
            ["sh", "-euc", script], cwd=tmp_path, env=env, stdout=file, stderr=file, start_new_session=True
        )
    try:
        code = shell.wait(300)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    assert code == 0, log.read_text()
    assert "the token `cltoken1` has now the role `WORKSPACE_AUTHOR` on `clws`" in log.read_text()
