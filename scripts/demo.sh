#!/usr/bin/env bash
# From a fresh clone to a running Motey: `npm run demo`. What is there already is used as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin:/sbin"
socket=/var/run/docker.sock
# Not below /tmp: this is written by root.
log=/var/log/motey-demo-dockerd.log

engine_answers() { docker --host "${DOCKER_HOST:-unix://$socket}" version >/dev/null 2>&1; }

# Docker's own service where an init runs it; otherwise (in a container, say) the daemon itself, in the background.
start_engine() {
	if [ -d /run/systemd/system ]; then
		systemctl start docker
	elif [ -x /etc/init.d/docker ] && service docker start >/dev/null 2>&1; then
		:
	else
		setsid dockerd </dev/null >>"$log" 2>&1 &
		echo "Started dockerd in the background (process $!); its log is $log."
	fi
	for _ in $(seq 120); do
		engine_answers && return
		sleep 0.5
	done
	echo "Docker does not answer at $socket. Its log: ${log}, /var/log/docker.log, or \`journalctl -u docker\`." >&2
	return 1
}

scripts/dependencies.sh
scripts/build.sh
scripts/prerequisites.sh demo
if ! engine_answers; then
	if [ -n "${DOCKER_HOST:-}" ]; then
		echo "No Docker Engine answers at DOCKER_HOST=${DOCKER_HOST}." >&2
		exit 1
	fi
	if [ "$(id -u)" -ne 0 ]; then
		echo "No Docker Engine answers at ${socket}, and starting one takes root. Start Docker, or run this as root." >&2
		exit 1
	fi
	start_engine
fi
exec node dist/controller/bin.js demo "$@"
