"""Every command line in the documents of Astro, with what comes of it. Nothing is sent."""

import json
from pathlib import Path

from astro_tokens import Api, ValidationError, explain_command, parse_command

DOCUMENTS = Path(__file__).parents[2] / "tests/vectors/commands/documents.json"

api = Api(organization_id="clorg", workspace_id="clws", deployment_id="cldep")
for case in json.loads(DOCUMENTS.read_text("utf-8"))["cases"]:
    line = case["line"]
    print(f"\n# {case['name']}\n{line.strip()}")
    print(explain_command(line), end="")
    try:
        command = parse_command(line)
    except ValidationError:
        continue
    print("command:", json.dumps(command.to_dict(), separators=(",", ":")))
    try:
        request = api.build(command)
        print("request:", request.method, request.url, (request.body or b"").decode())
    except ValidationError as error:
        print(error.problems[0])
