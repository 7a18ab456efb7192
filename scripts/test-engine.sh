#!/usr/bin/env bash
# One Docker Engine for running single test files by hand: scripts/test-engine.sh start|stop|env
#   eval "$(scripts/test-engine.sh start)" && npx ava dist/test/store/level-store.test.js
# `start` is safe to repeat. `npm test` does not use it: it starts one of its own and removes it again.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -f dist/test/support/test-engine.js ]; then
	echo 'Build first: npm run build' >&2
	exit 1
fi
exec node dist/test/support/test-engine.js "${1:-}"
