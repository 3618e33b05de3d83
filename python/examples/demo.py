"""The main job: requests for every scope and operation, and a request with mistakes. Nothing is sent."""

from astro_tokens import Api, Request, ValidationError


def show(title: str, request: Request) -> None:
    print(title)
    print(" ", request.method, request.url)
    if request.body is not None:
        print(" ", request.body.decode())
    for warning in request.warnings:
        print(" ", str(warning).replace("\n", "\n  "))


api = Api(organization_id="clorg")

show("An Organization token", api.create_token(name="Audit", role="ORGANIZATION_MEMBER"))
workspace = api.create_token(name="CI", role="WORKSPACE_AUTHOR", workspace_id="clws", expiration_days=90)
show("A Workspace token", workspace)
deployment = api.create_token(name="Deploy", role="DEPLOYMENT_ADMIN", deployment_id="cldep", expiration_days=30)
show("A Deployment token", deployment)

show("The newest tokens", api.list_tokens(limit=5, sorts=["createdAt:desc"]))
show("One token", api.get_token("cltoken"))
show("Another name", api.update_token("cltoken", name="CI 2", description=""))
roles = [
    {"entity_type": "ORGANIZATION", "entity_id": "clorg", "role": "ORGANIZATION_MEMBER"},
    {"entity_type": "WORKSPACE", "entity_id": "clws", "role": "WORKSPACE_AUTHOR"},
]
show("Other roles", api.update_token_roles("cltoken", scope="ORGANIZATION", roles=roles))
show("A new secret", api.rotate_token("cltoken"))
show("No more", api.delete_token("cltoken"))

print("As curl", workspace.as_curl(), sep="\n")

try:
    api.create_token(name="CI\n", role="workspace_admin", workspace_id="../clws", expiration_days=0)
except ValidationError as error:
    print("Mistakes, all at once", error, sep="\n")
