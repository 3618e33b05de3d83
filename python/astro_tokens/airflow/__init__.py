"""An Airflow provider: a hook, operators and a sensor that drive `AstroTokens`, and stores for the secrets.

    from astro_tokens.airflow.operators import AstroRotateTokenOperator
    from astro_tokens.airflow.stores import VariableStore

Nothing here imports Airflow but those modules: `get_provider_info` is called by every component of it.
"""

from typing import Any

__all__ = ["get_provider_info"]

INTEGRATION = "Astro API tokens"


def get_provider_info() -> dict[str, Any]:
    """What Airflow asks a provider for; the entry point `apache_airflow_provider`."""
    modules = {kind: f"{__name__}.{kind}" for kind in ("hooks", "operators", "sensors", "triggers")}
    return {
        "package-name": "astro-tokens",
        "name": INTEGRATION,
        "description": "Create, scope, rotate and audit the API tokens of Astronomer's Astro.",
        "integrations": [
            {
                "integration-name": INTEGRATION,
                "external-doc-url": "https://www.astronomer.io/docs/astro",
                "tags": ["service"],
            }
        ],
        **{
            kind: [{"integration-name": INTEGRATION, "python-modules": [module]}] for kind, module in modules.items()
        },
        "connection-types": [
            {
                "connection-type": "astro",
                "hook-class-name": f"{modules['hooks']}.AstroTokenHook",
                "hook-name": INTEGRATION,
                "ui-field-behaviour": {
                    "hidden-fields": ["login", "port"],
                    "relabeling": {"password": "API token", "host": "Domain or base URL", "schema": "Organization id"},
                    "placeholders": {
                        "host": "astronomer.io",
                        "schema": "what the token says, unless it is given",
                    },
                },
                "conn-fields": {
                    "api_version": {
                        "label": "API version",
                        "description": "v1 unless given.",
                        "schema": {"type": ["string", "null"], "enum": ["v1", "v1beta1"]},
                    },
                    "strict": {
                        "label": "Strict",
                        "description": "Makes every warning an error.",
                        "schema": {"type": ["boolean", "null"]},
                    },
                    "allow_unknown_roles": {
                        "label": "Allow unknown roles",
                        "description": "Lets Organization and Workspace roles through that this release does not know.",
                        "schema": {"type": ["boolean", "null"]},
                    },
                    "timeout": {
                        "label": "Timeout",
                        "description": "After how many seconds a request has failed; 30 unless given.",
                        "schema": {"type": ["number", "null"]},
                    },
                    "patience": {
                        "label": "Patience",
                        "description": "How many seconds a request may take with all its repetitions; 120 unless given.",
                        "schema": {"type": ["number", "null"]},
                    },
                    "attempts": {
                        "label": "Attempts",
                        "description": "How often a request is sent at most; 5 unless given.",
                        "schema": {"type": ["integer", "null"]},
                    },
                },
            }
        ],
    }
