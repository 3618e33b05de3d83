#!/bin/sh
# The whole life of a token, on an Astro API in memory that is kept in a file. Without `--sandbox` it would be the real one,
# with the credential of ASTRO_API_TOKEN. $1: the command, if it is not `astro-tokens`.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tokens() {
    echo "\$ astro-tokens $*" >&2
    # shellcheck disable=SC2086 # the command may be two words
    ${command} "$@" "--sandbox=$folder/sandbox.json"
}
command=${1:-astro-tokens}

# A secret is the only thing on standard output with --clean-output, so that it can go where it belongs.
tokens organization token create --name CI --role ORGANIZATION_MEMBER --expiration 90 --clean-output >"$folder/secret"
echo "stored $(wc -c <"$folder/secret") bytes"
tokens workspace token add --org-token-name CI --role WORKSPACE_AUTHOR --workspace-id clws
tokens organization token list
tokens organization token update --name CI --new-name 'CI of main'
# A successor is made and its secret written before the old token is deleted: at no time is there none that works.
tokens organization token rotate --name 'CI of main' --overlap --clean-output --force >"$folder/secret"
tokens organization token list
tokens organization token delete --name 'CI of main' --force
