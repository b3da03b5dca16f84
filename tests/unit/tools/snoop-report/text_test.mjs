// SPDX-License-Identifier: BSD-2-Clause
import assert from 'node:assert/strict';
import test from 'node:test';
import * as text from '../../../../tools/snoop-report/page/text.mjs';

test('printable escapes what drives a page or a terminal', () => {
    assert.equal(text.printable('a\nb\t\u001b[2J\u0000\u009b'), 'a\\nb\\t\\e[2J\\x00\\u009b');
    assert.equal(text.printable('\u202egpj.exe\u2066\u200f'), '\\u202egpj.exe\\u2066\\u200f');
    assert.equal(text.printable('a\u200bb\ufeff\u2028'), 'a\\u200bb\\ufeff\\u2028');
    assert.equal(text.printable('\ud800x'), '\\ud800x');
    assert.equal(text.printable('\u{e0041}'), '\\U000e0041');
});

test('printable leaves what is only text', () => {
    for (const name of ['<b>&amp;"', 'Ünïcode 日本', '\u05d0\u05d1', '😀', '']) {
        assert.equal(text.printable(name), name);
    }
});

test('arguments are quoted as a shell needs them', () => {
    assert.equal(text.quoteArgument('-O2'), '-O2');
    assert.equal(text.quoteArgument(''), "''");
    assert.equal(text.quoteArgument("it's"), "'it'\\''s'");
    assert.equal(text.quoteArgument("a\nb'"), "$'a\\nb\\''");
    assert.equal(text.quoteArgument('a\\b\n'), "$'a\\\\b\\n'");
    assert.equal(text.commandText(['sh', '-c', 'a; b'], 100), "sh -c 'a; b'");
});

test('commands are cut before they are looked at', () => {
    const args = ['sh', 'x'.repeat(2 << 20)];
    assert.equal(text.commandText(args, 10), 'sh xxxxxxx…');
    assert.equal(text.commandText(args, Infinity).length, 3 + (2 << 20));
    let read = 0;
    const many = new Proxy(new Array(1e6).fill('a'), { get: (list, key) => (read += Number(/^\d+$/.test(String(key))), list[key]) });
    text.commandText(many, 10);
    assert.ok(read < 20, `${read} arguments were read`);
});

test('durations have three digits', () => {
    const cases = [[0, '0 µs'], [999, '999 µs'], [1530, '1.53 ms'], [15300, '15.3 ms'], [153000, '153 ms'], [999400, '999 ms'],
        [999600, '1.00 s'], [1.5e6, '1.50 s'], [99.4e6, '99.4 s'], [125e6, '2 min 05 s'], [3725e6, '1 h 02 min'],
        [47 * 3600e6, '47 h 00 min'], [365 * 86400e6, '365 d 00 h'], [null, '']];
    for (const [us, shown] of cases) {
        assert.equal(text.formatDuration(us), shown);
    }
});

test('points of the ruler tell their neighbours apart', () => {
    assert.equal(text.formatTick(0, 1e6), '0');
    assert.equal(text.formatTick(2e6, 1e6), '2 s');
    assert.equal(text.formatTick(2.5e6, 5e5), '2.5 s');
    assert.equal(text.formatTick(1200, 200), '1.2 ms');
    assert.equal(text.formatTick(12, 2), '12 µs');
    assert.equal(text.formatTick(20000030, 10), '20.00003 s');
    assert.equal(text.formatTick(100e6, 20e6), '1:40');
    assert.equal(text.formatTick(3605e6, 5e6), '1:00:05');
    assert.equal(text.formatTick(120000030, 10), '2:00.00003');
    assert.equal(text.formatTick(3.5 * 86400e6, 43200e6), '3 d 12:00:00');
    assert.equal(text.formatTick(50 * 86400e6, 50 * 86400e6), '50 d');
});

test('one is not several', () => {
    assert.equal(text.formatNumberOf(1, 'process', 'processes'), '1 process');
    assert.equal(text.formatNumberOf(2000, 'process', 'processes'), '2,000 processes');
});

test('counts, bytes and shares', () => {
    assert.equal(text.formatCount(1234567), '1,234,567');
    assert.equal(text.formatCount(12), '12');
    assert.equal(text.formatBytes(12), '12 B');
    assert.equal(text.formatBytes(40.7 * 1024 * 1024), '40.7 MiB');
    assert.equal(text.formatBytes(5000 * 2 ** 30), '5000 GiB');
    assert.equal(text.formatPercent(0.693), '69.3 %');
});
