/** Body of `POST /containers/create`, as far as Motey writes it (Docker Engine API 1.41, https://docs.docker.com/engine/api/v1.41/). */
export interface ContainerBody {
	readonly Image?: string;
	readonly Hostname?: string;
	readonly Domainname?: string;
	readonly User?: string;
	readonly Tty?: boolean;
	readonly OpenStdin?: boolean;
	readonly Env?: readonly string[];
	readonly Cmd?: readonly string[];
	readonly Entrypoint?: readonly string[];
	readonly Labels?: Readonly<Record<string, string>>;
	readonly Volumes?: Readonly<Record<string, object>>;
	readonly WorkingDir?: string;
	readonly NetworkDisabled?: boolean;
	readonly MacAddress?: string;
	readonly ExposedPorts?: Readonly<Record<string, object>>;
	readonly StopSignal?: string;
	readonly StopTimeout?: number;
	readonly Healthcheck?: HealthcheckBody;
	readonly HostConfig?: HostConfigBody;
	readonly NetworkingConfig?: {readonly EndpointsConfig?: Readonly<Record<string, EndpointBody>>};
}

/** Durations in nanoseconds. */
export interface HealthcheckBody {
	readonly Test?: readonly string[];
	readonly Interval?: number;
	readonly Timeout?: number;
	readonly Retries?: number;
	readonly StartPeriod?: number;
}

export interface EndpointBody {
	readonly Aliases?: readonly string[];
	readonly IPAMConfig?: {readonly IPv4Address?: string; readonly IPv6Address?: string};
	readonly DriverOpts?: Readonly<Record<string, string>>;
}

/** A mount of the long form. */
export interface MountBody {
	readonly Type: 'bind' | 'volume' | 'tmpfs' | 'npipe';
	readonly Source?: string;
	readonly Target: string;
	readonly ReadOnly?: boolean;
	readonly Consistency?: string;
	readonly BindOptions?: {readonly Propagation?: string; readonly NonRecursive?: boolean};
	readonly VolumeOptions?: {
		readonly NoCopy?: boolean;
		readonly Labels?: Readonly<Record<string, string>>;
		readonly DriverConfig?: {readonly Name?: string; readonly Options?: Readonly<Record<string, string>>};
	};
	readonly TmpfsOptions?: {readonly SizeBytes?: number; readonly Mode?: number};
}

export interface DeviceBody {
	readonly PathOnHost: string;
	readonly PathInContainer: string;
	readonly CgroupPermissions: string;
}

export interface DeviceRateBody {
	readonly Path: string;
	readonly Rate: number;
}

/** Sizes in bytes. */
export interface HostConfigBody {
	readonly Binds?: readonly string[];
	readonly Mounts?: readonly MountBody[];
	readonly Tmpfs?: Readonly<Record<string, string>>;
	readonly VolumeDriver?: string;
	readonly VolumesFrom?: readonly string[];
	readonly LogConfig?: {readonly Type: string; readonly Config: Readonly<Record<string, string>>};
	readonly NetworkMode?: string;
	readonly PortBindings?: Readonly<Record<string, readonly {readonly HostIp?: string; readonly HostPort: string}[]>>;
	readonly PublishAllPorts?: boolean;
	readonly RestartPolicy?: {readonly Name: string};
	readonly CapAdd?: readonly string[];
	readonly CapDrop?: readonly string[];
	readonly CgroupnsMode?: string;
	readonly Dns?: readonly string[];
	readonly DnsOptions?: readonly string[];
	readonly DnsSearch?: readonly string[];
	readonly ExtraHosts?: readonly string[];
	readonly GroupAdd?: readonly string[];
	readonly IpcMode?: string;
	readonly Links?: readonly string[];
	readonly OomScoreAdj?: number;
	readonly OomKillDisable?: boolean;
	readonly PidMode?: string;
	readonly Privileged?: boolean;
	readonly ReadonlyRootfs?: boolean;
	readonly SecurityOpt?: readonly string[];
	readonly StorageOpt?: Readonly<Record<string, string>>;
	readonly UTSMode?: string;
	readonly UsernsMode?: string;
	readonly ShmSize?: number;
	readonly Sysctls?: Readonly<Record<string, string>>;
	readonly Runtime?: string;
	readonly Isolation?: string;
	readonly CpuShares?: number;
	readonly CpuPeriod?: number;
	readonly CpuQuota?: number;
	readonly CpuRealtimePeriod?: number;
	readonly CpuRealtimeRuntime?: number;
	readonly CpusetCpus?: string;
	readonly CpusetMems?: string;
	readonly NanoCpus?: number;
	readonly Memory?: number;
	readonly MemoryReservation?: number;
	readonly MemorySwap?: number;
	readonly MemorySwappiness?: number;
	readonly CgroupParent?: string;
	readonly BlkioWeight?: number;
	readonly BlkioWeightDevice?: readonly {readonly Path: string; readonly Weight: number}[];
	readonly BlkioDeviceReadBps?: readonly DeviceRateBody[];
	readonly BlkioDeviceWriteBps?: readonly DeviceRateBody[];
	readonly BlkioDeviceReadIOps?: readonly DeviceRateBody[];
	readonly BlkioDeviceWriteIOps?: readonly DeviceRateBody[];
	readonly Devices?: readonly DeviceBody[];
	readonly DeviceCgroupRules?: readonly string[];
	readonly DeviceRequests?: readonly {
		readonly Driver?: string;
		readonly Count?: number;
		readonly DeviceIDs?: readonly string[];
		readonly Capabilities?: readonly (readonly string[])[];
		readonly Options?: Readonly<Record<string, string>>;
	}[];
	readonly Ulimits?: readonly {readonly Name: string; readonly Soft: number; readonly Hard: number}[];
	readonly Init?: boolean;
	readonly PidsLimit?: number;
}

const combine = <T>(first: Readonly<Record<string, T>> | undefined, second: Readonly<Record<string, T>> | undefined): Readonly<Record<string, T>> => ({...first, ...second});

/** Joins what several parameters contribute: lists and maps that more than one of them feeds grow, of anything else the later one counts. */
export function mergeBodies(first: ContainerBody, second: ContainerBody): ContainerBody {
	const [a, b] = [first.HostConfig ?? {}, second.HostConfig ?? {}];
	return {
		...first,
		...second,
		...(first.Labels && second.Labels ? {Labels: combine(first.Labels, second.Labels)} : {}),
		...(first.Volumes && second.Volumes ? {Volumes: combine(first.Volumes, second.Volumes)} : {}),
		...(first.ExposedPorts && second.ExposedPorts ? {ExposedPorts: combine(first.ExposedPorts, second.ExposedPorts)} : {}),
		...(first.Env && second.Env ? {Env: [...first.Env, ...second.Env]} : {}),
		HostConfig: {
			...a,
			...b,
			...(a.Binds && b.Binds ? {Binds: [...a.Binds, ...b.Binds]} : {}),
			...(a.Mounts && b.Mounts ? {Mounts: [...a.Mounts, ...b.Mounts]} : {}),
			...(a.Tmpfs && b.Tmpfs ? {Tmpfs: combine(a.Tmpfs, b.Tmpfs)} : {}),
			...(a.SecurityOpt && b.SecurityOpt ? {SecurityOpt: [...a.SecurityOpt, ...b.SecurityOpt]} : {}),
			...(a.DeviceRequests && b.DeviceRequests ? {DeviceRequests: [...a.DeviceRequests, ...b.DeviceRequests]} : {}),
		},
	};
}
