import {serveFileProcess} from './file-node.js';

await serveFileProcess();
