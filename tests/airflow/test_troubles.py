"""What goes wrong in a real run, and what stands afterwards: in Astro, in the store, and in the log."""

import re

import pytest


@pytest.fixture(scope="module")
def run(airflow, astro):
    """One run of the DAG `troubles`."""
    world = astro()
    for name in ("sealed", "forgetful", "unproven", "function", "at_once", "dead", "slow", "killed", "environment", "refused"):
        world.sandbox.add_token(name=name, role="ORGANIZATION_MEMBER", expiration_days=30)

    def happen(url):
        """What happens after the first look of a sensor."""
        if "clws2" in url and not [token for token in world.sandbox.tokens if token.name == "Soon"]:
            where = {"scope": "WORKSPACE", "entity_id": "clws2", "role": "WORKSPACE_AUTHOR"}
            world.sandbox.add_token(name="Soon", expiration_days=5, **where)
        if "cldep3" in url:
            world.sandbox.fault(method="GET", effect="status", status=403)
        if "cllater" in url:
            world.recorder.age(hours=2)

    world.recorder.after = happen
    airflow.printed("variables", "set", "kept", "the secret of before")
    ok, text = world.test("troubles")
    assert not ok
    world.states = dict(airflow.rows("SELECT task_id, state FROM task_instance WHERE dag_id = 'troubles'"))
    return world


def said(run, task):
    """What the log of a task says."""
    _, _, rest = run.printed.partition(f"[DAG TEST] starting task_id={task} ")
    return rest.partition("[DAG TEST] starting task_id=")[0]


def ids(run, name):
    return [id for id, called in run.names() if called == name]


def test_states(run):
    succeeded = {task for task, state in run.states.items() if state == "success"}
    assert succeeded == {
        "function", "at_once", "slow_again", "environment", "use_environment", "too_early", "finish", "finished",
        "later", "create_same", "create_mend", "create_keep", "delete_missing_ok", "deferred", "poked",
    }  # fmt: skip
    assert set(run.states.values()) == {"success", "failed"}


def test_no_secret_anywhere(run):
    assert len(run.recorder.secrets) > 12
    assert not run.leaks()
    assert "the vault is sealed against [redacted]" in (run.airflow.home / "reports").read_text()


def test_what_may_be_stored_is_not_deleted(run):
    reasons = {"sealed": "OSError: the vault is sealed", "forgetful": "what is read back of Forgetful(key='forgetful')"}
    for task, why in reasons.items():
        text = said(run, task)
        assert why in text and "unknown: whether the secret of the token" in text and "and both work" in text
        assert "deleted the token" not in text
    # Twice: both of its successors wait until they are known to be left behind.
    assert len(ids(run, "sealed")) == 3 and len(ids(run, "forgetful")) == 2
    assert run.airflow.variable("sealed") in run.recorder.secrets


def test_what_is_certainly_not_stored_leaves_all_as_it_was(run):
    text = said(run, "refused_store")
    assert "NotWritten: the vault refused it" in text and re.search(r"done: deleted the token `cltoken\d+`", text)
    assert ids(run, "refused") == ["cltoken10"] and run.airflow.variable("kept") == "the secret of before"
    assert not run.airflow.rows("SELECT key FROM variable WHERE key LIKE '%probe%'")


def test_what_cannot_be_proven_is_not_begun(run):
    assert "the store cannot be written to: ConnectionError: no route to the vault" in said(run, "unproven")
    assert ids(run, "unproven") == ["cltoken3"]


def test_without_overlap(run):
    assert ids(run, "at_once") == ["cltoken5"]
    assert run.airflow.variable("at_once") in run.recorder.secrets
    text = said(run, "dead")
    assert "done: replaced the secret of the token `cltoken6`; the old one does not work any more" in text
    assert "help: repair the store, then run the task again" in text
    # The one that works is not overwritten by the one that does not.
    assert run.airflow.variable("dead") in run.recorder.secrets


def test_an_interrupt_says_what_stands_and_the_next_run_goes_on(run):
    text = said(run, "slow")
    assert re.search(r"\[error +\] rotate_token failed: cancelled", text)
    assert "done: created the token `slow` with the id `cltoken" in text
    assert "unknown: whether the secret of the token" in text
    assert "another run may be at work" in said(run, "too_soon")
    assert len(ids(run, "slow")) == 1 and ids(run, "slow") != ["cltoken7"]
    assert run.airflow.variable("slow") in run.recorder.secrets
    text = said(run, "killed")
    assert "the task was told to end" in text
    assert "done: created the token `killed` with the id `cltoken" in text
    assert len(ids(run, "killed")) == 2


def test_the_old_token_is_kept_and_finished(run):
    assert "left the token `cltoken9`: it is kept until" in said(run, "too_early")
    assert "deleted the token `cltoken9`" in said(run, "finish")
    assert "has no old token any more" in said(run, "finished")
    assert len(ids(run, "environment")) == 1


def test_a_create_that_runs_twice_makes_no_second_token(run):
    assert "the store may hold its secret" in said(run, "create_sealed")
    assert len(ids(run, "made")) == 1 and run.airflow.variable("made") in run.recorder.secrets
    assert re.search(r"done: deleted the token `cltoken\d+`", said(run, "create_refused"))
    assert ids(run, "none") == [] and run.airflow.variable("none") is None
    assert re.search(r"done: created the token `half` with the id `cltoken\d+`", said(run, "create_killed"))
    assert "another run may be at work" in said(run, "create_again")
    assert "without the role `ORGANIZATION_OWNER`" in said(run, "create_other")
    [mended] = ids(run, "half")
    returned = run.airflow.xcom("troubles")
    assert returned["create_mend"][0]["id"] == returned["create_keep"][0]["id"] == mended
    assert run.airflow.variable("half") in run.recorder.secrets
    # What a task with the same key has left is replaced.
    assert ids(run, "keyed") == [returned["create_same"][0]["id"]]
    assert run.airflow.variable("keyed") in run.recorder.secrets


def test_mistakes_and_what_is_missing(run):
    assert "did you mean `WORKSPACE_AUTHOR`?" in said(run, "typo")
    assert "there is no token called `missing`" in said(run, "delete_missing")


def test_the_sensor_waits_in_the_triggerer(run):
    returned = run.airflow.xcom("troubles")
    [found], [again] = returned["deferred"], returned["poked"]
    assert found == again == [{**found[0], "name": "Soon", "kind": "expires", "days": 5}]
    assert "running trigger in line" in said(run, "deferred")
    assert "running trigger in line" not in said(run, "poked")
    assert "AirflowException: tokens failed: Astro answered 403 Forbidden" in said(run, "refused")
