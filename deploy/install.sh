#!/usr/bin/env bash
# Makes .venv/ with the locked dependencies, after asking the machine for the few programs that are not Python's.
# On Debian and its kin, as root, it installs what is missing; elsewhere it says in one sentence what to install.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lock=${1:-requirements/dev.txt}

python=""
find_python() { # the first Python that is new enough and can make a virtual environment
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            return 0
        fi
    done
    return 1
}

missing() { # names of the Debian packages that are wanting
    find_python || echo python3 python3-venv
    [[ $(openssl version 2>/dev/null) == "OpenSSL "[3-9]* ]] || echo openssl
    command -v xxd >/dev/null || echo xxd
    command -v unzip >/dev/null || echo unzip
}

read -r -d '' -a wanted < <(missing && printf '\0') || true
if ((${#wanted[@]})) && ((EUID == 0)) && command -v apt-get >/dev/null; then
    echo "installing ${wanted[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${wanted[@]}"
    read -r -d '' -a wanted < <(missing && printf '\0') || true
fi
if ((${#wanted[@]})); then
    echo "Please install: ${wanted[*]} (needed: Python 3.11 or newer with venv and ensurepip, OpenSSL 3 or newer, xxd, unzip)." >&2
    exit 1
fi

find_python
# from nothing, so that it holds what the lock names and nothing else
"$python" -m venv --clear .venv
pip=(.venv/bin/python -m pip --disable-pip-version-check --no-input)
"${pip[@]}" install -qq --require-hashes --only-binary :all: --requirement "$lock"
# our own packages stay where they are; the build tool comes from the lock, so nothing more is fetched
"${pip[@]}" install -qq --no-deps --no-build-isolation --editable .

# what the pages load that is not ours: by npm's lock file, without any script of the packages; where the machine has no npm,
# Node comes from the Python registry
npm=$(command -v npm || true)
if [[ -z $npm ]]; then
    "${pip[@]}" install -qq --require-hashes --only-binary :all: --requirement requirements/node.txt
    export PATH="$PWD/.venv/bin:$PATH"
    npm=.venv/bin/npm
fi
omit=(--omit=optional)
[[ $lock == *dev* ]] || omit+=(--omit=dev)
"$npm" --prefix exchange/web ci --ignore-scripts --no-audit --no-fund --silent "${omit[@]}"
