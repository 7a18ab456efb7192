import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {addressTowards} from '../../controller/addresses.js';

const run = promisify(execFile);
const module = fileURLToPath(new URL('../../controller/addresses.js', import.meta.url));

/** What `addressTowards` says of each target on a host with two networks and nothing else. */
async function saidWithTwoNetworks(targets: readonly string[]): Promise<unknown> {
	const script = `import {addressTowards} from '${module}'; console.log(JSON.stringify(await Promise.all(${JSON.stringify(targets)}.map(async target => await addressTowards(target) ?? null))))`;
	const networks = Object.entries({'10.1.0.2/24': 'one', '10.2.0.2/24': 'two', 'fd00:2::2/64': 'two'}).map(([address, name]) => `ip addr add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`);
	const commands = ['ip link set lo up', ...['one', 'two'].flatMap(name => [`ip link add ${name} type veth peer name ${name}-far`, `ip link set ${name} up`, `ip link set ${name}-far up`]), ...networks, `"$1" --input-type=module -e "$2"`];
	const {stdout} = await run('unshare', ['--net', 'sh', '-ec', commands.join('; '), 'sh', process.execPath, script], {timeout: 60_000});
	return JSON.parse(stdout);
}

test('the own address is the one on the way to whom it is told, and never loopback', async t => {
	t.deepEqual(await saidWithTwoNetworks(['10.2.0.9', 'https://10.1.0.9:5443', 'mqtt://10.2.0.7:1883', 'fd00:2::9', 'https://[fd00:2::7]:5443', '127.0.0.1', 'https://localhost:1', '192.0.2.1']), [
		'10.2.0.2', '10.1.0.2', '10.2.0.2', 'fd00:2::2', 'fd00:2::2', null, null, null,
	]);
});

test('of nobody, and of a name that does not exist, nothing is known', async t => {
	t.is(await addressTowards(undefined), undefined);
	t.is(await addressTowards('no-such-host.invalid'), undefined);
});
