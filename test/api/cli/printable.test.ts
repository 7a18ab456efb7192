import test from 'ava';
import {printable} from '../../../api/cli/printable.js';

test('what a terminal would obey is written out; lines, tabs and letters of every script stay', t => {
	const shown = (text: string): string => printable(text, {coloured: false});
	t.is(shown('a\tb\nc\r\nd\r'), 'a\tb\nc\r\nd\r');
	t.is(shown('\u0000\u0007\u001B\u007F\u009B\u2066'), '^@^G^[^?\\u009b\\u2066');
	t.is(shown('over\rwritten'), 'over^Mwritten');
	t.is(shown('Grüße, 世界 \u{1F980}'), 'Grüße, 世界 \u{1F980}');
	t.is(shown('\u001B[31mred\u001B[0m'), '^[[31mred^[[0m');
});

test('colours stay where they are wanted, and end with their line', t => {
	const shown = (text: string): string => printable(text, {coloured: true});
	t.is(shown('\u001B[1;31mred\nplain'), '\u001B[1;31mred\u001B[0m\nplain');
	t.is(shown('\u001B[2K\u001B[31X'), '^[[2K^[[31X');
});
