import {writeFile} from 'node:fs/promises';
import {parametersPage} from './parameters-page.js';

// Run from dist/docs/generate, three folders below the project.
await writeFile(new URL('../../../docs/parameters.md', import.meta.url), parametersPage());
