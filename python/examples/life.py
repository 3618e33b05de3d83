"""The whole life of a token, on an Astro API in memory. With `AstroTokens()` it would be the real one."""

from astro_tokens import AstroTokens, Secret
from astro_tokens.sandbox import Sandbox

vault: list[Secret] = []  # a vault, in earnest


def store(secret: Secret) -> None:
    print("stored the secret of the successor")
    vault.append(secret)


def show(astro: AstroTokens) -> None:
    for token in astro.tokens():
        roles = ", ".join(f"{role.role} on {role.entity_id}" for role in token.roles or ())
        print(f"listed {token.id} {token.name} ({token.short_token}): {roles}")


with AstroTokens(sandbox=Sandbox()) as astro:
    role = "ORGANIZATION_MEMBER"
    created = astro.create_token(name="CI", role=role, description="builds", expiration_days=90)
    print(f"created {created.id} {created.name} ({created.short_token}): {role}")

    added = astro.add_token_role(token_name="CI", workspace_id="clws", role="WORKSPACE_AUTHOR")
    print(f"added {added.new_role} on {added.entity_id} to {added.token.id}")
    show(astro)

    update = astro.update_token(token_name="CI", name="CI of main", description="")
    print(f"updated {', '.join(update.changed)} of {update.token.id} {update.token.name}")

    # A successor is made and its secret stored before the old token is deleted: at no time is there none that works.
    rotation = astro.rotate_token(token_name="CI of main", overlap=True, store=store)
    print(f"rotated {rotation.old_token_id} to {rotation.token.id}")
    show(astro)

    astro.delete_token(rotation.token.id)
    print(f"deleted {rotation.token.id}")
    show(astro)
