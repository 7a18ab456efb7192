/**
 * The door of `motey/mdp`, for programs that ask services of a node or offer one:
 *
 *     import {createClient, createWorker} from 'motey/mdp';
 */
export {CallError} from './call-error.js';
export {createClient} from './client.js';
export {createWorker} from './worker.js';
export type {Answer, Part} from './answer.js';
export type {FailureCode} from './body.js';
export type {CallAnswer, CallOptions, Client} from './client.js';
export type {WorkContext, WorkerOptions} from './worker.js';
