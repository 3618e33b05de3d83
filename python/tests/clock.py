"""Time for tests: waits that take none, and a sandbox as it is later."""

import asyncio
import re
from datetime import datetime, timedelta

import pytest

from astro_tokens.sandbox import Sandbox

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?=Z)")


def aged(sandbox, **time):
    """The sandbox as it would be after this time: everything in it happened so much earlier. Faults are gone."""

    def earlier(found):
        fraction = "milliseconds" if found[1] else "seconds"
        return (datetime.fromisoformat(found[0]) - timedelta(**time)).isoformat(timespec=fraction)

    return Sandbox.from_json(TIME.sub(earlier, sandbox.to_json()))


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch):
    """Waits take no time, and are remembered."""
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr("time.sleep", waits.append)
    monkeypatch.setattr("anyio.sleep", sleep)
    return waits
