#!/usr/bin/env bash
# What takes too long for every change: hundreds of kills, cuts and flips. Prints its seed; SEED=N npm run soak replays it.
#   SOAK_ROUNDS=100 npm run soak
set -euo pipefail
cd "$(dirname "$0")/.."
export SOAK_ROUNDS="${SOAK_ROUNDS:-100}" SEED="${SEED:-$RANDOM}"
echo "seed $SEED, $SOAK_ROUNDS rounds"
exec scripts/test.sh agent-killed store/crash store/damage cluster/random-faults peers/transfer/links cluster/file-copy peers/group/schedules
