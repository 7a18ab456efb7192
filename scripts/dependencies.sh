#!/usr/bin/env bash
# Installs exactly what package-lock.json says, unless that is already there.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
	npm ci --no-audit --no-fund
	# npm leaves this file's time alone when nothing changed, and the next run would install again.
	touch node_modules/.package-lock.json
fi
