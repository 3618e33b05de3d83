#!/usr/bin/env bash
# Holds the main paths of the core and the WebAssembly file to limits.txt: instructions for one call, and bytes. Both are
# the same on every machine of a kind, which times are not.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
failed=0

check() {
    local what=$1 found=$2 limit=$3
    if [ "$found" -gt "$limit" ]; then
        echo "limits: $what takes $found, over its limit of $limit; see tests/limits/limits.txt" >&2
        failed=1
    else
        echo "$what: $found of $limit"
    fi
}

# Instructions of so many calls, and of none.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/examples/counted "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

counts=false
if ! command -v valgrind >/dev/null; then
    echo "instructions are not counted: valgrind is not installed (apt-get install valgrind)"
elif [ "$(uname -m)" != x86_64 ]; then
    echo "instructions are not counted: the limits are those of x86_64"
else
    cargo build --quiet --release --package astro-tokens --features cli --example counted
    counts=true
fi

while read -r what limit; do
    case $what in
        "" | "#"*) ;;
        *.wasm) check "$what, gzip" "$(gzip -9 -c "npm/wasm/$what" | wc -c)" "$limit" ;;
        *)
            if $counts; then
                check "$what, instructions" $((($(instructions "$what" 1010) - $(instructions "$what" 10)) / 1000)) "$limit"
            fi
            ;;
    esac
done <tests/limits/limits.txt
exit $failed
