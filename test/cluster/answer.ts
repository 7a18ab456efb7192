/** What the tests read of an object of the API, or of a list of them. */
export interface Answer {
	readonly kind?: string;
	readonly code?: number;
	readonly message?: string;
	readonly metadata: {readonly name: string; readonly uid: string; readonly annotations?: Readonly<Record<string, string>>; readonly resourceVersion: string; readonly generation: number};
	readonly spec: {readonly nodeName: string; readonly service: string; readonly slot: number; readonly binding: number};
	readonly status?: {
		readonly phase?: string;
		readonly ready?: boolean;
		readonly readyReplicas?: number;
		readonly observedGeneration?: number;
		readonly engineId?: string;
		readonly engines?: readonly {readonly name: string; readonly healthy: boolean}[];
		readonly conditions?: readonly {readonly type: string; readonly status: string; readonly reason: string; readonly message: string}[];
	};
	readonly items: readonly Answer[];
}
