import {crc32} from 'node:zlib';
import {startDeadline} from '../../../store/deadline.js';
import {CallRefused, type CallAnswer, type Calls} from '../../../api/ports/calls.js';
import {pieces} from '../../../api/files/pieces.js';
import type {Files, TransferPlace} from '../../../api/ports/files.js';
import {chunkBytes, creditChunks} from './limits.js';
import {PieceMemory} from './piece-memory.js';
import {gone, heard, mayGo, sendingFrom} from './sender.js';
import {SpentMemory} from './spent-memory.js';
import {ReadAnswer, WriteAnswer} from './wire.js';

/** A piece waits so long for its answer, over reconnects; then whoever sends it opens the transfer anew. */
const chunkDeadlineMs = 60_000;

/** Sends to, and fetches from, the files of any node, as many pieces at a time as are granted. */
export function createFiles(calls: Calls): Files {
	const spent = new SpentMemory();
	const ask = async ({node, transfer, signal}: TransferPlace, offset: number, piece?: Uint8Array): Promise<CallAnswer> => {
		const data = {transfer, offset, ...(piece === undefined ? {} : {crc32: crc32(piece)})};
		const request = {service: `${node}.files`, action: 'file.chunk', data, deadlineMs: chunkDeadlineMs, isRepeatable: true, signal, ...(piece === undefined ? {} : {binary: piece})};
		for await (const answer of calls.ask(request)) return answer;
		throw new CallRefused('Unavailable', `${node} said nothing`);
	};
	return {
		async send(place, bytes) {
			using ending = startDeadline(place.signal);
			let state = sendingFrom(place.offset);
			const failures: unknown[] = [];
			const memory = new PieceMemory();
			const underway = new Set<Promise<void>>();
			for await (const piece of pieces(bytes, chunkBytes, memory.take)) {
				// The next piece is at hand by the time it may go.
				while (!mayGo(state) && failures.length === 0) await Promise.race(underway);
				if (failures.length > 0) break;
				const going = ask({...place, signal: ending.signal}, state.next, piece).then(({data}) => {
					state = heard(state, WriteAnswer.parse(data).held);
					memory.answered(piece);
					spent.add(piece.length);
				}, (error: unknown) => {
					failures.push(error);
				}).finally(() => underway.delete(going));
				underway.add(going);
				state = gone(state, piece.length);
			}
			while (underway.size > 0 && failures.length === 0) await Promise.race(underway);
			if (failures.length > 0) throw failures[0];
			return state.held;
		},
		async * fetch(place) {
			using ending = startDeadline(place.signal);
			const here = {...place, signal: ending.signal};
			const underway: Promise<Awaited<ReturnType<typeof pieceOf>>>[] = [];
			const first = await pieceOf(ask(here, place.offset), place.offset);
			yield first.bytes;
			let next = place.offset + first.bytes.length;
			for (let received = next; received < first.size;) {
				for (; underway.length < creditChunks && next < first.size; next += chunkBytes) {
					const going = pieceOf(ask(here, next), next);
					// Whoever reads on is told; whoever has left does not care.
					going.catch(() => undefined);
					underway.push(going);
				}
				const piece = await underway.shift();
				if (piece === undefined) return;
				received += piece.bytes.length;
				spent.add(piece.bytes.length);
				yield piece.bytes;
			}
		},
	};
}

async function pieceOf(asked: Promise<CallAnswer>, offset: number): Promise<{readonly bytes: Uint8Array; readonly size: number}> {
	const {data, binary} = await asked;
	const {crc32: checksum, size} = ReadAnswer.parse(data);
	if (binary?.length !== Math.min(chunkBytes, size - offset) || crc32(binary) !== checksum) throw new CallRefused('Unavailable', `the piece at ${offset} was damaged on its way`);
	return {bytes: binary, size};
}
