"""The page about Airflow: its Python runs, and its connections are ones."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from airflow.sdk import DAG

from astro_tokens import Secret
from astro_tokens.airflow.hooks import AstroTokenHook
from astro_tokens.airflow.stores import Deposit, StoreError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/airflow.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
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
    deposit = Deposit(names["FileStore"](str(path)))
    deposit.put(Secret("new"), restore=True)
    assert path.read_text() == "new"
    deposit = Deposit(names["FileStore"](str(path)))
    deposit.store.read = lambda: "something else"
    with pytest.raises(StoreError, match="is not the secret that was written") as caught:
        deposit.put(Secret("newer"), restore=True)
    assert path.read_text() == "new"
    assert "newer" not in str(caught.value)


@pytest.mark.parametrize("uri", URIS)
def test_the_connections_of_the_page(world, monkeypatch, uri):
    token = world.sandbox.owner_token.expose()
    monkeypatch.setenv("AIRFLOW_CONN_ASTRO_DEFAULT", uri.replace("$ASTRO_API_TOKEN", token))
    with AstroTokenHook().get_conn() as astro:
        assert astro.claims.token_id == "cltoken0"
        assert astro.api.base_url in ("https://api.astronomer.io", "http://127.0.0.1:8899")


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(\.\./([^)]*)\)", PAGE):
        assert (ROOT / link).exists(), link
