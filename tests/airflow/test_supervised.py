"""Tasks in processes of their own, below a supervisor that writes their logs, as in production."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
from conftest import AIRFLOW, HOME


def is_up(url):
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}health", timeout=5) as answer:
        return answer.status == 200
    return False


@pytest.fixture(scope="module")
def server(airflow):
    """The API server that supervisors talk to: its settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": "of the tests, and long enough for what signs with it, which is sixty-four bytes",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        # One worker: with several, the executor may count one that has ended already, and wait for another one forever.
        "AIRFLOW__CORE__PARALLELISM": "1",
    }
    command = [AIRFLOW, "api-server", "--apps", "execution"]
    with (HOME / "api-server.txt").open("w") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **env}, cwd=HOME, stdout=log, stderr=log, start_new_session=True
        )
    try:
        while not is_up(env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]):
            assert process.poll() is None, (HOME / "api-server.txt").read_text()
            time.sleep(0.2)
        yield env
    finally:
        # The group that it began: the server and its worker.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def run(astro, server):
    world = astro()
    world.sandbox.add_token(name="CI", role="ORGANIZATION_MEMBER", expiration_days=30)
    world.ok, world.text = world.test("supervised", "--use-executor", **server)
    # `airflow dags test` copies the logs of its tasks to the terminal before they are masked.
    world.printed = ""
    query = "SELECT task_id, state FROM task_instance WHERE dag_id = 'supervised'"
    world.states = dict(world.airflow.rows(query))
    return world


def said(run, task):
    [path] = HOME.glob(f"logs/dag_id=supervised/*/task_id={task}/*.log")
    return path.read_text()


def test_states(run):
    assert run.states == {
        "rotated": "success", "created": "success", "stored": "success", "killed": "failed",
        "pause": "success", "again": "success",
    }, run.text  # fmt: skip


@pytest.mark.parametrize("task", ["rotated", "created"])
def test_what_a_store_lets_slip_is_masked(run, task):
    text = said(run, task)
    assert "a print shows" in text and "a log shows" in text
    assert '"values":["***"]' in text


def test_no_secret_anywhere(run):
    assert len(run.recorder.secrets) == 6
    assert not run.leaks()


def test_a_killed_task_says_what_stands_and_the_next_run_goes_on(run):
    text = said(run, "killed")
    assert "rotate_token failed: cancelled" in text
    assert "unknown: whether the secret of the token" in text
    assert [name for _, name in run.names()] == ["New", "CI"]
    assert run.airflow.variable("supervised") == run.recorder.secrets[-1]
