#!/usr/bin/env bash
# What a fresh container needs: Deno for the tasks, then all that they set up themselves.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# in a container, whose Python is nobody else's
export PIP_BREAK_SYSTEM_PACKAGES=1
python3 -m pip install --user --quiet deno==2.9.6
export PATH="$(python3 -m site --user-base)/bin:$PATH"
deno task setup
deno task setup -- --check
