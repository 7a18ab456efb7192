export default {
	files: ['dist/test/**/*.test.js'],
	workerThreads: false,
	timeout: '5m',
	// Half of the time they wait: for a failover, a lease, a node to come back.
	concurrency: 3,
};
