import {writeFile} from 'node:fs/promises';
import {pages} from './pages.js';

// `npm run docs`: writes every generated page into `docs/`, from the project's root.
await Promise.all(pages.map(({file, render}) => writeFile(file, render())));
