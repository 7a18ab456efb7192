import test from 'ava';
import {addressOf} from '../../../../controller/engines/docker/engine-api.js';

test('an engine is reached by its socket, by name, and by an address of either kind', t => {
	t.deepEqual(addressOf('unix:///run/my%20docker.sock'), {options: {socketPath: '/run/my docker.sock'}, socketPath: '/run/my docker.sock'});
	t.deepEqual(addressOf('tcp://shelf.example').options, {protocol: 'http', host: 'shelf.example', port: 2375});
	t.deepEqual(addressOf('tcp://[fd00::7]:2376').options, {protocol: 'http', host: 'fd00::7', port: 2376});
});
