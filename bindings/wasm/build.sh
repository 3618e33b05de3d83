#!/usr/bin/env bash
# Builds the WebAssembly of the npm package: npm/wasm/*_bg.wasm, their JavaScript glue and declarations.
#
# Rust's own target comes from rustup where it can (its servers get ten seconds); elsewhere Debian's rustc-web builds
# the standard library from source. ASTRO_TOKENS_WASM_ROUTE=rustup or =debian forces one of the two.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
target=wasm32-unknown-unknown
output=$root/npm/wasm
wasm_opt=$root/npm/node_modules/.bin/wasm-opt
export CARGO_TARGET_DIR=$root/target/wasm

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

# ---- the two routes: each sets cargo, RUSTC and what cargo has to be told ----------------------------------------

rustup_route() {
    command -v rustup >/dev/null || return 1
    rustup target list --installed 2>/dev/null | grep -qx "$target" ||
        timeout 10 rustup target add "$target" >&2 || return 1
    cargo=$(rustup which cargo)
    RUSTC=$(rustup which rustc)
    build_std=()
}

newest() { sort --version-sort | tail --lines=1; }

# Rust's own linker, or the newest of Debian's.
linker() {
    if [ -x /usr/bin/rust-lld ]; then
        echo /usr/bin/rust-lld
    else
        find /usr/bin -name 'wasm-ld-*' | newest
    fi
}

# Whether Debian's compiler is here, new enough for this workspace, with the source of its standard library.
debian_is_ready() {
    [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && [ -n "$(linker)" ] || return 1
    [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ] || return 1
    local needed found
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    found=$(/usr/bin/rustc --version | cut -d ' ' -f 2)
    [ "$(printf '%s\n' "$needed" "$found" | newest)" = "$found" ]
}

debian_install() {
    command -v apt-get >/dev/null || fail "needs rustup with the target $target, or Debian's rustc-web"
    [ "$(id -u)" -ne 0 ] || apt-get update >&2
    local lld
    lld=$(apt-cache search --names-only '^lld-[0-9]+$' | cut -d ' ' -f 1 | newest)
    local install="apt-get install --yes --no-install-recommends rustc-web cargo-web rust-web-src ${lld:-lld}"
    [ "$(id -u)" -eq 0 ] || fail "needs packages; as root, run: apt-get update && $install"
    $install >&2
    debian_is_ready || fail "Debian's rustc-web is too old for this workspace, or incomplete"
}

debian_route() {
    debian_is_ready || debian_install
    cargo=/usr/bin/cargo
    RUSTC=/usr/bin/rustc
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$(linker)
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER
    build_std=(-Z "build-std=std,panic_abort")
}

case ${ASTRO_TOKENS_WASM_ROUTE:-} in
    "") rustup_route || debian_route ;;
    rustup) rustup_route || fail "rustup cannot provide $target" ;;
    debian) debian_route ;;
    *) fail "ASTRO_TOKENS_WASM_ROUTE is rustup, debian or not set" ;;
esac
export RUSTC
[ -x "$wasm_opt" ] || fail "needs wasm-opt; run: npm --prefix npm ci"

# ---- compile, generate the glue, optimise ------------------------------------------------------------------------

# A folder of its own for each run, so that two at once do not take each other's files.
mkdir -p "$CARGO_TARGET_DIR" "$output"
work=$(mktemp -d "$CARGO_TARGET_DIR/glue.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$root"
"$cargo" build --quiet --package astro-tokens-wasm-bindgen

# make_module NAME FEATURES: npm/wasm/NAME_bg.wasm, its glue and their declarations.
make_module() {
    local name=$1 features=$2
    set -- build --package astro-tokens-wasm --profile wasm --target "$target" --features "$features"
    if [ ${#build_std[@]} -gt 0 ]; then
        # -Z wants a nightly compiler, or this variable; it is set for this one command.
        RUSTC_BOOTSTRAP=1 "$cargo" "$@" "${build_std[@]}"
    else
        "$cargo" "$@"
    fi
    "$CARGO_TARGET_DIR/debug/astro-tokens-wasm-bindgen" \
        "$CARGO_TARGET_DIR/$target/wasm/astro_tokens_wasm.wasm" "$work"
    # Named one by one: --all-features makes a file that Node 20 refuses.
    "$wasm_opt" -O3 --enable-bulk-memory --enable-reference-types --enable-nontrapping-float-to-int --enable-sign-ext \
        --enable-mutable-globals --enable-multivalue --strip-producers --strip-target-features \
        "$work/core_bg.wasm" --output "$output/${name}_bg.wasm"
    # The package instantiates the module itself, so of the glue it takes the part without an import of the file.
    mv "$work/core_bg.js" "$output/${name}_bg.js"
    mv "$work/core.d.ts" "$output/${name}_bg.d.ts"
    echo 'export function __wbg_set_wasm(exports: WebAssembly.Exports): void;' >>"$output/${name}_bg.d.ts"
}

# For each entry of the npm package the module that it embeds, and the features that this one has.
while read -r module features; do
    make_module "$module" "$features" </dev/null
done <<'END'
core
batch   batch
client  client
sandbox sandbox
cli     cli
program program
END
