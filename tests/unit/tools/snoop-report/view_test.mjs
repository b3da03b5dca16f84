// SPDX-License-Identifier: BSD-2-Clause
import assert from 'node:assert/strict';
import test from 'node:test';
import { around, clamped, panned, ticks, zoomed } from '../../../../tools/snoop-report/page/view.mjs';

test('a view stays inside of the recording', () => {
    assert.deepEqual(clamped(-10, 90, 1000), { from: 0, to: 100 });
    assert.deepEqual(clamped(950, 1050, 1000), { from: 900, to: 1000 });
    assert.deepEqual(clamped(-500, 5000, 1000), { from: 0, to: 1000 });
});

test('zooming leaves the point under the pointer where it is', () => {
    const view = zoomed({ from: 0, to: 1000 }, 0.5, 250, 1000);
    assert.deepEqual(view, { from: 125, to: 625 });
    assert.equal((250 - view.from) / (view.to - view.from), 0.25);
});

test('zooming ends at some microseconds, and at the whole', () => {
    let view = { from: 0, to: 1e9 };
    for (let i = 0; i < 200; i++) {
        view = zoomed(view, 0.5, 123456, 1e9);
    }
    assert.equal(Math.round(view.to - view.from), 20);
    for (let i = 0; i < 200; i++) {
        view = zoomed(view, 2, 123456, 1e9);
    }
    assert.deepEqual(view, { from: 0, to: 1e9 });
});

test('panning stops at the ends', () => {
    assert.deepEqual(panned({ from: 100, to: 200 }, -500, 1000), { from: 0, to: 100 });
    assert.deepEqual(panned({ from: 100, to: 200 }, 50, 1000), { from: 150, to: 250 });
    assert.deepEqual(panned({ from: 100, to: 200 }, 5000, 1000), { from: 900, to: 1000 });
});

test('a process is shown with what is around it, even one without a length', () => {
    assert.deepEqual(around(400, 600, 1000), { from: 350, to: 650 });
    assert.deepEqual(around(400, 400, 1000), { from: 380, to: 420 });
});

test('a recording shorter than the shortest view', () => {
    assert.deepEqual(clamped(0, 1, 1), { from: 0, to: 20 });
});

test('points of the ruler are one, two or five times a power of ten apart', () => {
    assert.deepEqual(ticks({ from: 0, to: 1e6 }, 5), { step: 2e5, points: [0, 2e5, 4e5, 6e5, 8e5, 1e6] });
    assert.deepEqual(ticks({ from: 950, to: 2100 }, 3), { step: 500, points: [1000, 1500, 2000] });
    assert.equal(ticks({ from: 0, to: 20 }, 100).step, 1);
});

test('points of a long ruler are minutes, hours and days apart', () => {
    const stepOf = (seconds) => ticks({ from: 0, to: seconds * 1e6 }, 10).step / 1e6;
    assert.deepEqual([100, 150, 210, 590, 4000, 36000, 300000, 500000, 86400 * 365].map(stepOf),
        [10, 20, 30, 60, 600, 3600, 43200, 86400, 86400 * 50]);
});
