/**
 * What a node permits beyond the baseline. It is read from the node's own file only; nothing sent over the network can widen it.
 * Without any of it, the rules are the *baseline* of the Kubernetes Pod Security Standards in Docker's terms.
 */
export interface Policy {
	readonly allowPrivileged: boolean;
	/** Device files such as /dev/ttyUSB0, `*` stands for anything within a name; `gpu` for device requests; a cgroup rule word for word. */
	readonly allowDevices: readonly string[];
	/** Folders of the host that may be mounted with everything below. Never lets the engine's own socket through. */
	readonly allowHostPaths: readonly string[];
	readonly allowHostNetwork: boolean;
	/** Capabilities beyond Docker's default set, with or without CAP_. */
	readonly allowCapabilities: readonly string[];
	/** Of `network` (another container's), `pid`, `ipc`, `uts`, `user`, `cgroup`. */
	readonly allowHostNamespaces?: readonly string[];
	readonly allowSysctls?: readonly string[];
	/** Values of `security_opt`, word for word. */
	readonly allowSecurityOptions?: readonly string[];
	readonly allowRuntimes?: readonly string[];
	readonly allowCgroupParents?: readonly string[];
	/** A container that reaches the engine's socket is root on the host. */
	readonly allowEngineSocket?: boolean;
}

/** The baseline and nothing more. */
export const baseline: Policy = {allowPrivileged: false, allowDevices: [], allowHostPaths: [], allowHostNetwork: false, allowCapabilities: []};
