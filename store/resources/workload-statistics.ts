/** A sample of what a workload uses. CPU in cores×1000 averaged since the last sample; the network counts from its start. */
export interface WorkloadStatistics {
	readonly cpuMillis: number;
	readonly memoryBytes: number;
	readonly networkRxBytes: number;
	readonly networkTxBytes: number;
	/** RFC 3339. */
	readonly sampledAt: string;
}
