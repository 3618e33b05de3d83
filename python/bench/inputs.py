"""Writes the inputs that every language is measured with to target/bench."""

import json
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "target" / "bench"
WORKSPACE_ROLES = ["WORKSPACE_OWNER", "WORKSPACE_OPERATOR", "WORKSPACE_AUTHOR", "WORKSPACE_MEMBER", "WORKSPACE_ACCESSOR"]


def entry(number: int) -> dict[str, object]:
    """What creates a token: six values."""
    return {
        "name": f"CI deploy {number}",
        "role": WORKSPACE_ROLES[number % 5],
        "workspace_id": f"clm8q7f6q{number % 1000:06}lcgyougpsk",
        "description": f"Deploys the nightly jobs of team {number % 50}",
        "expiration_days": 1 + number % 365,
        "kind": "STANDARD",
    }


#: How the API itself calls what creates a token, for peers that write what they read.
API_NAMES = {"workspace_id": "entityId", "expiration_days": "tokenExpiryPeriodInDays"}


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def token(number: int) -> dict[str, object]:
    """A token of a list, with everything that Astro says about one."""
    workspace = f"clm8q7f6q{number % 1000:06}lcgyougpsk"
    subject = {"id": f"clm8user{number % 20:06}", "subjectType": "USER", "fullName": "Ada Lovelace", "username": "ada@example.com"}
    return {
        "id": f"clm8token{number:08}",
        "name": f"CI deploy {number}",
        "description": f"Deploys the nightly jobs of team {number % 50}",
        "scope": "WORKSPACE",
        "kind": "STANDARD",
        "roles": [
            {"entityType": "WORKSPACE", "entityId": workspace, "role": WORKSPACE_ROLES[number % 5]},
            {"entityType": "DEPLOYMENT", "entityId": f"clm8depl{number:08}", "role": "DEPLOYMENT_ADMIN"},
        ],
        "shortToken": f"short{number:06}",
        "startAt": "2026-03-08T13:30:48.766Z",
        "endAt": f"2026-12-{1 + number % 28:02}T13:30:48.766Z",
        "createdAt": "2026-03-08T13:30:48.766Z",
        "updatedAt": "2026-03-09T13:30:48.766Z",
        "expiryPeriodInDays": 90,
        "lastUsedAt": "2026-11-08T13:30:48.766Z",
        "createdBy": subject,
        "updatedBy": subject,
    }


def write(count: int = 20_000, page: int = 1000) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    entries = [entry(number) for number in range(count)]
    for kind, spelt in (("snake", str), ("camel", camel), ("api", lambda name: API_NAMES.get(name, name))):
        lines = (json.dumps({spelt(name): value for name, value in entry.items()}, separators=(",", ":")) for entry in entries)
        (FOLDER / f"entries.{kind}.ndjson").write_text("".join(f"{line}\n" for line in lines))
    answer = {"tokens": [token(number) for number in range(page)], "limit": page, "offset": 0, "totalCount": page}
    (FOLDER / "page.json").write_text(json.dumps(answer, separators=(",", ":")))


if __name__ == "__main__":
    write()
