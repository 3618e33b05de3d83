"""The example DAGs, each run by `airflow dags test` against the sandbox."""


def test_rotation_every_night(world):
    world.sandbox.add_token(name="CI", role="ORGANIZATION_MEMBER", expiration_days=30)
    ok, text = world.test("astro_rotate_nightly")
    assert ok, text
    assert world.airflow.variable("astro_ci") == world.recorder.secrets[-1]
    assert not world.leaks()
