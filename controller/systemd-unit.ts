/** What the unit is made of. Paths are absolute. */
export interface UnitOptions {
	readonly node: string;
	readonly program: string;
	readonly args: readonly string[];
}

/**
 * The systemd unit of a node. `Type=notify` is not needed: the unit counts as started when the process runs, and the workloads do not depend on it.
 * `KillMode=process`, because what the agent started must outlive it; no `PrivateTmp` or the like, because a unit that hides the host's
 * paths would hide them from the engine's checks as well. Whatever ends it, it is started again, but where only a newer version can open its store.
 * @see systemd.service(5), systemd.kill(5)
 */
export function systemdUnit({node, program, args}: UnitOptions): string {
	return `[Unit]
Description=Motey, keeps your containers running
Documentation=man:docker(1)
Wants=network.target docker.service
After=network.target docker.service
StartLimitIntervalSec=0

[Service]
ExecStart=${[node, program, 'start', '--foreground', ...args].map(quote).join(' ')}
Restart=always
RestartSec=2
RestartPreventExitStatus=78
KillMode=process
TimeoutStopSec=10
LimitNOFILE=65536
NoNewPrivileges=yes
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
`;
}

/** systemd splits at blanks, and takes % for a specifier and $ for a variable. */
function quote(word: string): string {
	const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
	return /[\s"'\\;]/u.test(word) ? `"${escaped.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : escaped;
}
