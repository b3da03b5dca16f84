// SPDX-License-Identifier: BSD-2-Clause
import assert from 'node:assert/strict';
import test from 'node:test';
import { firstEndingAfter, tintOf } from '../../../../tools/snoop-report/page/draw.mjs';

test('every name has one of five tints', () => {
    const tints = Array.from({ length: 2000 }, (nothing, i) => tintOf(`${String.fromCodePoint(40 + i * 7)}program${i}`));
    assert.deepEqual([...new Set(tints)].sort(), [0, 1, 2, 3, 4]);
    assert.equal(tintOf('cc1'), tintOf('cc1'));
});

test('programs of a build differ', () => {
    assert.ok(new Set(['make', 'sh', 'bash', 'gcc', 'cc1', 'as', 'ld', 'collect2', 'configure'].map(tintOf)).size >= 4);
});

test('the first bar that can be seen', () => {
    const model = { end: [10, 20, 30] };
    assert.deepEqual([0, 10, 11, 30, 31].map((time) => firstEndingAfter(model, [0, 1, 2], time)), [0, 0, 1, 2, 3]);
});
