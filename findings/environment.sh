# shellcheck shell=sh
# Sourced by the findings: a temporary folder with a fresh virtual environment, removed on exit.
#
# environment PACKAGE==VERSION ...   installs the packages and goes into the folder
# expect SEEN EXPECTED               prints what was seen; ends with 1 where it is something else
# changed REASON                     ends with 1: the software no longer does this
set -eu

environment() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM
    unset PYTHONPATH
    python3 -m venv "$folder/venv"
    PATH=$folder/venv/bin:$PATH
    pip install --quiet --disable-pip-version-check "$@" || {
        echo "not tried: pip could not install $*" >&2
        exit 3
    }
    mkdir "$folder/run"
    cd "$folder/run"
}

changed() {
    echo "changed: $*" >&2
    exit 1
}

expect() {
    printf '%s\n' "$1"
    [ "$1" = "$2" ] || changed "the output is not the one that the header of this script states"
}
