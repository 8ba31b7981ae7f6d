#!/bin/sh
# Finds a Python that Kaimen runs on and hands over to setup/prepare.py; says what to do when there is none.
# PYTHON=/path/to/python chooses one.
set -eu
cd "$(dirname "$0")/.."

for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$candidate" -m setup.prepare "$@"
    fi
done

found=$(python3 --version 2>/dev/null) || found="no Python at all"
cat >&2 <<EOF
Kaimen cannot be set up: it needs Python 3.11 or newer, and this machine has $found.
Remedy: on Debian 12 or newer, sudo apt-get install python3 python3-venv
        elsewhere, install Python 3.11 and name it: make setup PYTHON=/path/to/python3.11
EOF
exit 1
