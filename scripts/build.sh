#!/usr/bin/env bash
# Compiles everything into dist/, and removes there what has no source any more: a deleted test must not go on running.
set -euo pipefail
cd "$(dirname "$0")/.."
node_modules/.bin/tsc -p tsconfig.json
find dist -name '*.js' -type f | while read -r output; do
	source=${output#dist/}
	[ -e "${source%.js}.ts" ] || rm -f "$output"
done
if [ -f dist/controller/bin.js ]; then chmod +x dist/controller/bin.js; fi
