#!/usr/bin/env bash
# Measures Motey beside what it stands on, on a Docker Engine of its own:
#   npm run bench -- [--only adoption,containers,file,fleet,groups,heal,image,limits,peers,placement,process,quiet,requests,rollout,scale] [--rounds 7] [--json FILE]
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin:/sbin"
scripts/dependencies.sh
scripts/build.sh
scripts/prerequisites.sh test
exec node dist/test/bench/run.js "$@"
