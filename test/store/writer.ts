import {openSync, writeSync} from 'node:fs';
import {openLevelStore} from '../../store/level/open.js';
import {service} from './samples.js';

/**
 * A process that writes without end until it is killed: `node writer.js DIRECTORY ACKNOWLEDGEMENTS CLIENTS`. Every acknowledged write is
 * noted in a file outside the store, `<name> <number> <revision>` a line; `ready` or the refusal goes to the standard output.
 */
const [directory = '', acknowledgements = '', clients = '8'] = process.argv.slice(2);

const store = await openLevelStore({directory, now: () => new Date(), ballastBytes: 0, lowWaterBytes: 0}).catch((error: unknown) => {
	process.stdout.write(`${String(error)}\n`);
	process.exit(3);
});
const file = openSync(acknowledgements, 'a');
process.stdout.write('ready\n');

async function write(client: number): Promise<never> {
	for (let number = Date.now() * 1_000; ; number += 1) {
		const name = `web-${client}-${number % 7}`;
		try {
			const {metadata} = await store.transact(transaction => transaction.put(service(name, {note: `${number} ${'x'.repeat(300)}`})));
			writeSync(file, `${name} ${number} ${metadata.resourceVersion}\n`);
		} catch {
			await new Promise(resolve => setTimeout(resolve, 5));
		}
	}
}

await Promise.all(Array.from({length: Number(clients)}, (_, client) => write(client)));
