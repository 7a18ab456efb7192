import test from 'ava';
import {TransferNews} from '../../../../controller/peers/transfer/news.js';

const mebibyte = 1_048_576;

/** News with a clock that is set by hand. */
function hear() {
	const told: string[] = [];
	const time = {ms: 1000};
	const news = new TransferNews({tell: ({type, reason, message}) => told.push(`${type} ${reason} ${message}`), clock: {monotonicMs: () => time.ms}});
	return {told, time, news};
}

test('of a file that takes long each quarter is told with its rate and the time left, and that it came', t => {
	const {told, time, news} = hear();
	const about = {id: 'x', way: 'in', path: 'big', size: 256 * mebibyte} as const;
	for (let piece = 0; piece <= 1024; piece++, time.ms += 100) news.at({...about, bytes: piece * mebibyte / 4});
	news.done(about);
	t.deepEqual(told, [
		'Normal FileUnderway big: 64.0 MiB of 256 MiB, 25 %, 2.5 MiB/s, 1m17s left',
		'Normal FileUnderway big: 128 MiB of 256 MiB, 50 %, 2.5 MiB/s, 51s left',
		'Normal FileUnderway big: 192 MiB of 256 MiB, 75 %, 2.5 MiB/s, 26s left',
		'Normal FilesCopied big came: 256 MiB in 103 s',
	]);
});

test('a thousand quick files are one event, and a fast file of any size is no more', t => {
	const {told, news} = hear();
	for (let file = 0; file < 1000; file++) {
		const about = {id: String(file), way: file % 2 === 0 ? 'in' : 'out', path: `file ${file}`, size: 1024} as const;
		news.at({...about, bytes: 1024});
		news.done(about);
	}
	t.deepEqual(told, []);
	news[Symbol.dispose]();
	t.deepEqual(told, ['Normal FilesCopied 500 files came: 500 KiB', 'Normal FilesCopied 500 files went: 500 KiB']);
	const about = {id: 'x', way: 'in', path: 'big', size: 256 * mebibyte} as const;
	for (let piece = 0; piece <= 1024; piece++) news.at({...about, bytes: piece * mebibyte / 4});
	news.done(about);
	news[Symbol.dispose]();
	t.deepEqual(told.slice(2), ['Normal FilesCopied big came: 256 MiB']);
});

test('a file that breaks off again and again is still one, and of refusals in a row the first is told', t => {
	const {told, time, news} = hear();
	const about = {id: 'x', way: 'in', path: 'big', size: 4 * mebibyte} as const;
	for (let attempt = 0; attempt < 100; attempt++, time.ms += 1000) news.at({...about, bytes: mebibyte});
	t.deepEqual(told, []);
	for (let refusal = 0; refusal < 100; refusal++) news.failed(about, `no room for ${refusal}`);
	t.deepEqual(told, ['Warning FileNotTaken no room for 0']);
	time.ms += 10_000;
	news.failed(about, 'no room');
	t.is(told.length, 2);
});
