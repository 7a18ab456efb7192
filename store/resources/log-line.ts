/** One line that a workload wrote, without its line feed. */
export interface LogLine {
	readonly stream: 'stdout' | 'stderr';
	readonly text: string;
}

/** Which lines are asked for, named as kubectl names them. */
export interface LogOptions {
	readonly follow: boolean;
	readonly timestamps: boolean;
	readonly tailLines?: number;
	readonly sinceSeconds?: number;
	/** RFC 3339. */
	readonly sinceTime?: string;
	readonly limitBytes?: number;
	/** The run before the present one. */
	readonly previous: boolean;
}
