#!/usr/bin/env bash
# Installs what Debian must provide and is missing: scripts/prerequisites.sh [test|demo]
# `demo` needs a Docker Engine and a static busybox to make images from; `test` needs more of both, and kubectl to test against.
set -euo pipefail
purpose=${1:-test}
export DEBIAN_FRONTEND=noninteractive PATH="$PATH:/usr/sbin:/sbin"

# Each is "program:package": a program from elsewhere will do, so that nothing is replaced that already works.
needed=(docker:docker.io)
# An engine that answers need not be on this machine.
if [ "$purpose" = test ] || ! docker version >/dev/null 2>&1; then needed+=(dockerd:docker.io); fi
if [ "$purpose" = test ]; then
	needed+=(docker-registry:docker-registry ip:iproute2 iptables:iptables strace:strace mkfs.ext4:e2fsprogs setpriv:util-linux mount:mount curl:curl nsenter:util-linux mosquitto:mosquitto)
fi

missing=()
for each in "${needed[@]}"; do
	command -v "${each%%:*}" >/dev/null || missing+=("${each##*:}")
done
# A busybox with libraries would not start in an image that has nothing else.
if [ ! -x /bin/busybox ] || ldd /bin/busybox >/dev/null 2>&1; then missing+=(busybox-static); fi

# Programs in another language speak with a node in the tests.
if [ "$purpose" = test ] && ! /usr/bin/python3 -c 'import zmq' 2>/dev/null; then missing+=(python3-zmq); fi

# Agents are run with a wrong clock.
if [ "$purpose" = test ] && ! compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null; then missing+=(libfaketime); fi

kubectl_directory="${XDG_CACHE_HOME:-$HOME/.cache}/motey-test/kubectl-1.20"
need_kubectl=no
if [ "$purpose" = test ] && [ -z "${KUBECTL:-}" ] && [ ! -x "$kubectl_directory/usr/bin/kubectl" ]; then need_kubectl=yes; fi

if [ ${#missing[@]} -eq 0 ] && [ $need_kubectl = no ]; then exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	[ $need_kubectl = no ] || missing+=('kubernetes-client (only unpacked, or set KUBECTL)')
	printf -v list '%s, ' "${missing[@]}"
	echo "Missing: ${list%, }. On Debian, as root, this script installs them; elsewhere please install them by hand." >&2
	exit 1
fi

echo "Getting from Debian: ${missing[*]}$([ $need_kubectl = no ] || echo ' kubectl (unpacked, not installed)') …"
apt-get update -qq
if [ ${#missing[@]} -gt 0 ]; then
	apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
fi
if [ $need_kubectl = yes ]; then
	download=$(mktemp -d)
	trap 'rm -rf "$download"' EXIT
	(cd "$download" && apt-get download -qq -o APT::Sandbox::User=root kubernetes-client >/dev/null)
	mkdir -p "$kubectl_directory"
	dpkg -x "$download"/kubernetes-client_*.deb "$kubectl_directory"
fi
