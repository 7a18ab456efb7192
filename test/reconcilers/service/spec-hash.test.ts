import test from 'ava';
import {specHash} from '../../../reconcilers/service/spec-hash.js';

test('the order of keys, the form of capabilities, replicas and resources change no hash', t => {
	const hash = specHash({name: 'a', image: 'a:1', parameters: {command: ['x'], environment: {A: '1', B: '2'}}, capabilities: ['gpu']});
	t.is(specHash({image: 'a:1', name: 'a', parameters: {environment: {B: '2', A: '1'}, command: ['x']}, capabilities: [{capability: 'gpu'}], replicas: 3, resources: {cpu: '1'}}), hash);
	t.regex(hash, /^[0-9a-f]{64}$/u);
});

test('anything else does, and so does a restart', t => {
	const hash = specHash({name: 'a', image: 'a:1'});
	t.not(specHash({name: 'a', image: 'a:2'}), hash);
	t.not(specHash({name: 'a', image: 'a:1', stopGraceSeconds: 10}), hash);
	t.not(specHash({name: 'a', image: 'a:1'}, '2026-01-01T00:00:00Z'), hash);
	t.not(specHash({name: 'a', image: 'a:1', parameters: {command: ['x', 'y']}}), specHash({name: 'a', image: 'a:1', parameters: {command: ['y', 'x']}}));
});

test('what stands in a file changes no hash; which files there are, and how, does', t => {
	const hash = specHash({name: 'a', image: 'a:1', files: [{path: '/a', content: '1'}, {path: '/b', content: '1'}]});
	t.is(specHash({name: 'a', image: 'a:1', files: [{path: '/b', content: '2'}, {path: '/a', content: '3'}]}), hash);
	t.not(specHash({name: 'a', image: 'a:1', files: [{path: '/a', content: '1'}]}), hash);
	t.not(specHash({name: 'a', image: 'a:1', files: [{path: '/a', content: '1', mode: '0600'}, {path: '/b', content: '1'}]}), hash);
	t.not(specHash({name: 'a', image: 'a:1', files: [{path: '/a', content: '1', onChange: 'none'}, {path: '/b', content: '1'}]}), hash);
	t.is(specHash({name: 'a', image: 'a:1', files: []}), specHash({name: 'a', image: 'a:1'}));
});

test('the hash of a given entry never changes: containers of an older version would all be replaced', t => {
	t.is(specHash({name: 'web', image: 'shop/web:1.4'}), 'f7dac7619bfd60bb61dbee3dbd5074cfb5d25846cca64211b69cd0f0c7a5e0b7');
});
