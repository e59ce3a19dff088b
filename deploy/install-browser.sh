#!/usr/bin/env bash
# The tests look at the pages with a real browser: Chromium; what scripts compute is judged with Node. On Debian and its kin,
# as root, it installs what is missing; elsewhere it says in one sentence what to install. A county does not need it.
set -euo pipefail

missing() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || echo chromium
    command -v node >/dev/null || [[ -x .venv/bin/node ]] || echo nodejs
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
    echo "Please install, for the tests of the pages: ${wanted[*]}" >&2
    exit 1
fi
