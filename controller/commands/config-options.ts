import type {Command} from 'commander';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The options that every verb of the process shares: where its configuration comes from, and the keys people set most. */
export function withConfigOptions(command: Command): Command {
	return command
		.option('--config <file>', 'configuration file (default: /etc/motey/motey.yaml, or below ~/.config)')
		.option('--name <name>', 'name of this node')
		.option('--data-dir <directory>', 'where the store, the keys and the admin token live')
		.option('--run-dir <directory>', 'where the pid file and the socket live')
		.option('--port <port>', 'plain HTTP on loopback; 0 for any free port')
		.option('--tls-port <port>', 'the API over TLS; 0 for any free port')
		.option('--listen <addresses>', 'further addresses to serve TLS on, separated by commas')
		.option('--docker-url <url>', 'where the Docker Engine listens')
		.option('--log-level <level>', 'debug, info, warn, error or silent')
		.option('--compatibility', 'serve /v1 on loopback without a token, as the original Motey did')
		.option('--set <key=value>', 'any other key of the configuration; may be repeated', collect);
}
