"""The example DAGs, each run by `airflow dags test` against the sandbox."""

import json

import pytest

from astro_tokens import AstroTokens, inspect_token


def test_rotation_every_night(world):
    world.sandbox.add_token(name="CI", role="ORGANIZATION_MEMBER", expiration_days=30)
    ok, text = world.test("astro_rotate_nightly")
    assert ok, text
    assert world.names() == [("cltoken1", "CI"), ("cltoken2", "CI")]
    assert world.airflow.variable("astro_ci") == world.recorder.secrets[-1]

    # The next night the one that was kept goes, and the new one is kept.
    world.recorder.age(days=1)
    ok, text = world.test("astro_rotate_nightly")
    assert ok, text
    assert world.names() == [("cltoken2", "CI"), ("cltoken3", "CI")]
    assert world.airflow.variable("astro_ci") == world.recorder.secrets[-1]
    assert len(world.recorder.secrets) == 3
    assert not world.leaks()


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("is_stored", [True, False])
def test_two_nights_after_one_that_was_killed(world, tmp_path, is_stored):
    world.sandbox.add_token(name="CI", role="ORGANIZATION_MEMBER", expiration_days=30)
    assert world.test("astro_rotate_nightly")[0]
    world.recorder.age(days=1)

    def killed(secret):
        if is_stored:
            # Not as an argument: Airflow keeps those in its database.
            (tmp_path / "secret.json").write_text(json.dumps({"astro_ci": secret.expose()}))
            world.airflow.printed("variables", "import", str(tmp_path / "secret.json"))
        raise Killed

    with AstroTokens(world.sandbox.owner_token, base_url=world.url, env={}) as astro, pytest.raises(Killed):
        astro.rotate_token(token_name="CI", overlap=True, keep_old=12 * 3600, store=killed)
    assert world.names() == [("cltoken1", "CI"), ("cltoken2", "CI"), ("cltoken3", "CI")]

    for last in (4, 5):
        world.recorder.age(days=1)
        ok, text = world.test("astro_rotate_nightly")
        assert ok, text
        assert world.airflow.variable("astro_ci") == world.recorder.secrets[-1]
        kept = ["cltoken3" if is_stored else "cltoken2", "cltoken4"][last - 4]
        assert world.names() == [(kept, "CI"), (f"cltoken{last}", "CI")]
    assert not world.leaks()


def test_the_life_of_a_token(world):
    ok, text = world.test("astro_token_life")
    assert ok, text
    assert world.names() == []
    created, rotated = world.recorder.secrets[1:]
    assert created != rotated == world.airflow.variable("astro_nightly_build")
    returned = world.airflow.xcom("astro_token_life")
    assert [(task, value["id"]) for task, (value,) in returned.items() if task != "ensure"] == [
        ("create", "cltoken1"),
        ("rotate", "cltoken2"),
    ]
    [change] = returned["ensure"]
    assert (change["newRole"], change["entityId"], change["changed"]) == ("WORKSPACE_AUTHOR", "clws", True)
    assert not world.leaks()


def test_a_task_for_each_organization(world):
    world.sandbox.add_organization("clresearch", "Research")
    world.sandbox.add_token(name="CI", role="ORGANIZATION_MEMBER")
    world.sandbox.add_token(name="CI", role="ORGANIZATION_MEMBER", organization_id="clresearch")
    owner = world.sandbox.add_token(name="Owner", role="ORGANIZATION_OWNER", organization_id="clresearch").token.expose()
    world.recorder.secrets.append(owner)
    ok, text = world.test(
        "astro_rotate_organizations",
        AIRFLOW_CONN_ASTRO_SALES=world.connection(),
        AIRFLOW_CONN_ASTRO_RESEARCH=world.connection(owner),
    )
    assert ok, text
    assert world.names() == [("cltoken4", "CI"), ("cltoken5", "CI")]
    held = [world.airflow.variable(f"astro_ci_of_astro_{name}") for name in ("sales", "research")]
    # In whichever order they ran.
    assert set(held) == set(world.recorder.secrets[-2:])
    assert [inspect_token(secret).organization_id for secret in held] == ["clorg", "clresearch"]
    assert not world.leaks()


def test_tokens_that_expire(world):
    soon = {"scope": "WORKSPACE", "entity_id": "clws", "role": "WORKSPACE_AUTHOR"}
    world.sandbox.add_token(name="Soon", expiration_days=5, **soon)
    world.sandbox.add_token(name="Later", expiration_days=90, **soon)
    world.sandbox.add_token(name="Never", **soon)
    ok, text = world.test("astro_expiring_tokens")
    assert ok, text
    assert world.names() == [("cltoken2", "Later"), ("cltoken3", "Never"), ("cltoken4", "Soon")]
    assert world.airflow.variable("astro_cltoken1") == world.recorder.secrets[-1]
    [found] = world.airflow.xcom("astro_expiring_tokens")["expiring"]
    assert found == [{"id": "cltoken1", "name": "Soon", "scope": "WORKSPACE", "kind": "expires", "days": 5}]
    assert not world.leaks()
