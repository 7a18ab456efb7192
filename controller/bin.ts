#!/usr/bin/env node
import {clientVerbs} from '../api/cli/program.js';
import {runInTerminal} from '../api/cli/terminal.js';
import type {Verb} from '../api/cli/verb.js';
import {holdYoungSpace} from './young-space.js';

/** The verbs that touch this machine's own process. Each loads only when it is used. */
const processVerbs: readonly Verb[] = [
	{group: 'process', name: 'start', summary: 'start this node', load: async () => {
		holdYoungSpace();
		return import('./commands/start.js');
	}},
	{group: 'process', name: 'stop', summary: 'stop this node; its containers keep running', load: async () => import('./commands/stop.js')},
	{group: 'process', name: 'restart', summary: 'restart this node, or with a name that service\'s containers', load: async () => import('./commands/restart.js')},
	{group: 'process', name: 'status', summary: 'show whether this node runs, where, and how it is', load: async () => import('./commands/status.js')},
	{group: 'process', name: 'install', summary: 'make this node come back at boot', load: async () => import('./commands/install.js')},
	{group: 'process', name: 'config', summary: 'print the configuration in force and its sources', load: async () => import('./commands/config.js')},
	{group: 'process', name: 'store', summary: 'check, back up, restore or salvage the store', load: async () => import('./commands/store.js')},
	{group: 'process', name: 'demo', summary: 'show a service run, die and come back, and what a fleet does', load: async () => import('./commands/demo.js')},
];

await runInTerminal([...clientVerbs.filter(verb => verb.name !== 'restart'), ...processVerbs]);
