"""A real Airflow in a temporary folder, and an Astro in memory that it talks to over loopback."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from astro_tokens.sandbox import Sandbox, SandboxServer

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "python/tests"))
from clock import aged  # noqa: E402

AIRFLOW = Path(sys.executable).with_name("airflow")
FERNET_KEY = "ZmVybmV0IGtleSBvZiB0aGUgdGVzdHMsIDMyIGJ5dGU="

# Before anything imports Airflow, which reads its settings then.
FOLDER = tempfile.TemporaryDirectory()
HOME = Path(FOLDER.name)
for name in list(os.environ):
    if name.startswith(("AIRFLOW", "ASTRO", "PYTHON")):
        del os.environ[name]
os.environ.update(
    AIRFLOW_HOME=str(HOME),
    AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__FERNET_KEY=FERNET_KEY,
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{HOME}/airflow.db",
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="False",
    NO_COLOR="1",
    COLUMNS="200",
)


# ---- the rows of this stage in the table of `make test-all`, one for each file ------------------------------------------

ROWS = {}


def pytest_runtest_logreport(report):
    row = ROWS.setdefault(report.nodeid.partition("::")[0], {"seconds": 0.0, "tests": 0, "failed": []})
    row["seconds"] += report.duration
    row["tests"] += report.when == "call"
    if report.failed:
        row["failed"].append(report.nodeid.partition("::")[2])


def pytest_sessionfinish(session):
    path = ROOT / "target/matrix/test-airflow.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    area = f"Airflow {version('apache-airflow-core')}"
    what = {item.nodeid.partition("::")[0]: item.module.__doc__.partition("\n")[0].rstrip(".") for item in session.items}
    with path.open("w", encoding="utf-8") as file:
        for name, row in ROWS.items():
            result = "failed" if row["failed"] else "passed"
            note = " / ".join(row["failed"]) or f"{row['tests']} tests"
            print(area, what.get(name, name), result, f"{row['seconds']:.1f}", note, sep="\t", file=file)


class Recorder:
    """Answers as the sandbox does, and keeps every secret that it tells: those that are looked for afterwards."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.secrets = [sandbox.owner_token.expose()]
        self.after = lambda url: None

    def age(self, **time):
        """Goes on as it is after this time."""
        self.sandbox = aged(self.sandbox, **time)

    def answer(self, method, url, *rest):
        reply = self.sandbox.answer(method, url, *rest)
        self.after(url)
        if reply.response is not None and reply.response.body.startswith(b"{"):
            secret = json.loads(reply.response.body).get("token")
            if secret is not None:
                self.secrets.append(secret)
        return reply


class Airflow:
    """The installation, with its database and logs, and the command `airflow`."""

    home = HOME

    def run(self, *args, **env):
        """What a command prints on both, and how it ended."""
        done = subprocess.run(
            [AIRFLOW, *args],
            env={**os.environ, **env},
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        return done.returncode, done.stdout

    def printed(self, *args, **env):
        """What a command prints, that must not fail."""
        code, text = self.run(*args, **env)
        assert code == 0, text
        return text

    def variable(self, key):
        """The value of a Variable, which is encrypted in the database; `None`: there is none."""
        rows = self.rows(f"SELECT val FROM variable WHERE key = '{key}' AND is_encrypted")
        return Fernet(FERNET_KEY).decrypt(rows[0][0].encode()).decode() if rows else None

    def rows(self, query):
        """What is in the database."""
        with contextlib.closing(sqlite3.connect(self.home / "airflow.db")) as database:
            return database.execute(query).fetchall()

    def xcom(self, dag_id):
        """What the tasks of a DAG have returned in its last run."""
        last = f"SELECT run_id FROM dag_run WHERE dag_id = '{dag_id}' ORDER BY id DESC LIMIT 1"
        query = "SELECT task_id, value FROM xcom WHERE key = 'return_value'"
        query += f" AND dag_id = '{dag_id}' AND run_id = ({last}) ORDER BY map_index"
        found = {}
        for task, value in self.rows(query):
            value = json.loads(value)
            # Twice: Airflow stores the JSON text of a JSON text.
            found.setdefault(task, []).append(json.loads(value) if isinstance(value, str) else value)
        return found


class World:
    """The Astro, Airflow's way to it, and one run of a DAG."""

    def __init__(self, airflow, recorder, url):
        self.airflow = airflow
        self.recorder = recorder
        self.url = url
        self.env = {"AIRFLOW_CONN_ASTRO_DEFAULT": self.connection()}
        self.printed = ""

    @property
    def sandbox(self):
        """As it is now."""
        return self.recorder.sandbox

    def connection(self, token=None, **fields):
        """A connection to the sandbox, as JSON."""
        token = self.sandbox.owner_token.expose() if token is None else token
        return json.dumps({"conn_type": "astro", "password": token, "host": self.url, **fields})

    def test(self, dag_id, *options, **env):
        """`airflow dags test`: whether it succeeded, and all that it printed."""
        code, text = self.airflow.run("dags", "test", dag_id, *options, **self.env, **env)
        self.printed += text
        return code == 0, text

    def names(self):
        """Ids and names of the tokens, but for the owner's."""
        return [(token.id, token.name) for token in self.sandbox.tokens if token.name != "Owner"]

    def leaks(self):
        """Where a secret is that must not be: what was printed, and every file of Airflow.

        The pieces are shorter than anything that could cut or wrap a secret.
        """
        pieces = {
            secret[at : at + 24]
            for secret in self.recorder.secrets
            # The claims are no secret, and the header is the same for all.
            for at in range(secret.rindex(".") + 1, len(secret) - 24, 24)
        }
        texts = {"output": self.printed}
        for path in self.airflow.home.rglob("*"):
            if path.is_file():
                texts[str(path.relative_to(self.airflow.home))] = path.read_bytes().decode("latin-1")
        return sorted({name for name, text in texts.items() for piece in pieces if piece in text})


@pytest.fixture(scope="session")
def airflow():
    shutil.copytree(ROOT / "python/examples/airflow", HOME / "dags")
    shutil.copytree(Path(__file__).parent / "dags", HOME / "dags/tests")
    airflow = Airflow()
    airflow.printed("db", "migrate")
    yield airflow
    FOLDER.cleanup()


@pytest.fixture(scope="module")
def astro(airflow):
    """Makes worlds: each has an Astro of its own."""
    with contextlib.ExitStack() as stack:

        def make():
            recorder = Recorder(Sandbox(rate_limits=False))
            server = stack.enter_context(SandboxServer(recorder, 0))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return World(airflow, recorder, server.url)

        yield make


@pytest.fixture
def world(astro):
    return astro()
