// SPDX-License-Identifier: BSD-2-Clause
// A report of 50,000 processes: how long it takes to open, and a frame while zooming.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { finish, openReport, viewOf } from './browser.mjs';
import { buildRows } from './generate.mjs';
import { dataOf, dataText, reportOf } from './program.mjs';

const PROCESSES = 50000;
const FRAME_MS = 50;
after(finish);
const page = reportOf(buildRows(PROCESSES), 'make -j16');

const quantile = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];

// Wheel events and frames in turn; returns the times that drawing took, and those between frames.
function zoomInAndOut(tab) {
    return tab.evaluate(async () => {
        const canvas = document.getElementById('bars');
        const frame = () => new Promise(requestAnimationFrame);
        const drawn = [], frames = [];
        let before = await frame();
        for (let i = 0; i < 120; i++) {
            const deltaY = i < 60 ? -60 : 60;
            canvas.dispatchEvent(new WheelEvent('wheel', { deltaY, clientX: 300 + 5 * i, clientY: 200, cancelable: true }));
            const now = await frame();
            drawn.push(Number(canvas.dataset.drawn));
            frames.push(now - before);
            before = now;
        }
        return { drawn, frames };
    });
}

test('50,000 processes stay fluid', async () => {
    const count = dataOf(page).processes.id.length;
    assert.ok(count > PROCESSES - 4);
    const before = performance.now();
    const report = await openReport(page, { viewport: { width: 1920, height: 1080 } });
    const { tab } = report;
    await viewOf(tab);
    const opened = performance.now() - before;
    const { drawn, frames } = await zoomInAndOut(tab);
    const shown = (list) => [0.5, 0.95, 1].map((share) => `${quantile(list, share).toFixed(1)} ms`).join(', ');
    console.log(`# ${count} processes, ${(dataText(page).length / 1e6).toFixed(1)} MB of data: shown after ${
        opened.toFixed(0)} ms; while zooming (median, 95 %, all): drawn in ${shown(drawn)}; between frames ${shown(frames)}`);
    assert.ok(quantile(drawn, 0.5) < FRAME_MS, `a frame takes ${quantile(drawn, 0.5)} ms`);
    assert.ok(quantile(frames, 0.5) < FRAME_MS, `frames come every ${quantile(frames, 0.5)} ms`);
    await report.assertQuiet();
    await report.close();
});

test('50,000 processes are searched, sorted and printed', async () => {
    const report = await openReport(page);
    const { tab } = report;
    const timed = async (what, act) => {
        const before = performance.now();
        await act();
        console.log(`# ${what} took ${(performance.now() - before).toFixed(0)} ms`);
    };
    await timed('a search', () => tab.fill('#pattern', 'file4001.c'));
    assert.equal(await tab.locator('#found').innerText(), '3');
    await timed('the table of failures', () => tab.click('#tab-failed'));
    assert.ok(await tab.locator('#panel-failed tbody tr').count() > 20);
    await timed('sorting by CPU', () => tab.click('#tab-cpu'));
    assert.equal(await tab.locator('#panel-cpu tbody tr').count(), 200);
    let pdf;
    await timed('a PDF', async () => {
        pdf = await tab.pdf();
    });
    assert.ok(pdf.length > 10000 && pdf.length < 5e6);
    await report.assertQuiet();
    await report.close();
});
