import {renderConfiguration} from './configuration.js';
import {enginesPage} from './engines-page.js';
import {parametersPage} from './parameters-page.js';
import {renderReference} from './reference.js';

/** Every generated page: its file from the project's root, and what stands in it. */
export const pages: readonly {readonly file: string; readonly render: () => string}[] = [
	{file: 'docs/reference.md', render: renderReference},
	{file: 'docs/configuration.md', render: renderConfiguration},
	{file: 'docs/parameters.md', render: parametersPage},
	{file: 'docs/engines.md', render: enginesPage},
];
