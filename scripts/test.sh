#!/usr/bin/env bash
# Everything that must hold before a change lands; `npm test [-- PART_OF_A_TEST_FILE_PATH …]`.
#
# The tests run in namespaces of their own (processes, mounts, network): they see only loopback and what they make
# themselves, and whatever they start, mount or configure ends with this script, however that ends.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=/tmp
closing_line='0 passed, 1 failed'
directory=
child=

finish() {
	status=$?
	trap - EXIT
	if [ -n "$child" ]; then { kill -KILL "$child"; wait "$child"; } 2>/dev/null || true; fi
	if [ -n "$directory" ]; then remove_run "$directory"; fi
	if [ -n "$closing_line" ] && [ "$status" -ne 0 ]; then echo "$closing_line"; fi
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The lock of a run is held by all its processes, so it can be taken exactly when the last of them is gone.
remove_run() {
	if flock --wait 20 "$1/lock" true; then rm -rf "$1"; else echo "Left in place, still in use: $1" >&2; fi
}

scripts/dependencies.sh
echo 'Compiling …'
scripts/build.sh
echo 'Linting …'
node_modules/.bin/eslint . --max-warnings 0
scripts/prerequisites.sh test
if [ "$(id -u)" -ne 0 ]; then
	echo 'The tests start a Docker Engine and network namespaces, which takes root.' >&2
	exit 1
fi

for left in "$runs"/motey-run-*; do
	if [ -f "$left/lock" ] && flock --nonblock "$left/lock" true; then rm -rf "$left"; fi
done
directory=$(mktemp -d "$runs/motey-run-XXXXXX")
mkdir "$directory/tmp"
export MOTEY_TEST_RUN="$directory" TMPDIR="$directory/tmp"
export KUBECTL="${KUBECTL:-${XDG_CACHE_HOME:-$HOME/.cache}/motey-test/kubectl-1.20/usr/bin/kubectl}"
export PATH="$PATH:/usr/sbin:/sbin"

exec 9>"$directory/lock"
flock 9
# /run is made empty, so that neither the machine's Docker nor its systemd is seen, nor left anything in.
# docker-init reaps, which whoever is process 1 must and Node does not. Should this shell be killed, all of it goes too.
setpriv --pdeathsig KILL unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc \
	sh -c 'mount -t tmpfs tmpfs /run && ip link set lo up && exec docker-init -- node dist/test/support/run-tests.js "$@"' sh "$@" </dev/null &
child=$!
exec 9>&-
status=0
wait "$child" || status=$?
child=
closing_line=
exit "$status"
