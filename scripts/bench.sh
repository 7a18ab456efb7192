#!/usr/bin/env bash
# Measures Motey beside what it stands on: npm run bench -- [--only containers,process,requests,scale] [--rounds 7] [--json FILE]
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/dependencies.sh
scripts/build.sh
scripts/prerequisites.sh test
started=no
if [ -z "${MOTEY_TEST_DOCKER:-}" ]; then
	scripts/test-engine.sh start
	started=yes
	eval "$(scripts/test-engine.sh env)"
	export MOTEY_TEST_DOCKER
fi
trap '[ "$started" = no ] || scripts/test-engine.sh stop' EXIT
node dist/test/bench/run.js "$@"
