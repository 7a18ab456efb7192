import {writeFile} from 'node:fs/promises';
import {pages} from './pages.js';

// `npm run docs`: writes every generated page into `docs/`, from the project's root. All are made before one is written: a failure would leave an empty page.
const made = pages.map(({file, render}) => ({file, text: render()}));
await Promise.all(made.map(async ({file, text}) => writeFile(file, text)));
