// SPDX-License-Identifier: BSD-2-Clause
// The report of a small build that execsnoop and opensnoop recorded, used as a person would.
import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';
import { layOut } from '../../tools/snoop-report/page/layout.mjs';
import { decode } from '../../tools/snoop-report/page/model.mjs';
import { LANE, RULER } from '../../tools/snoop-report/page/draw.mjs';
import { colorAt, finish, openReport, themeColor, viewOf } from './browser.mjs';
import { dataOf, fixture, reportOf } from './program.mjs';

const page = reportOf(fixture, 'make -j3');
const model = decode(dataOf(page));
const layout = layOut(model);
const numberOf = (command) => {
    const found = Array.from({ length: model.count }, (nothing, i) => i).find((i) => model.argumentsOf(i).join(' ') === command);
    assert.notEqual(found, undefined, command);
    return found;
};

let report, tab;
beforeEach(async () => {
    report = await openReport(page);
    tab = report.tab;
});
afterEach(async () => {
    await report.assertQuiet();
    await report.close();
});
after(finish);

// Where a bar is on the canvas, in the middle of what can be seen of it.
async function placeOf(process) {
    const { from, to } = await viewOf(tab);
    const { width } = await tab.locator('#bars').boundingBox();
    const middle = (Math.max(from, model.start[process]) + Math.min(to, model.end[process])) / 2;
    return { x: (middle - from) / (to - from) * width, y: RULER + 4 + layout.lane[process] * LANE + 8 };
}

const clickBar = async (process) => tab.locator('#bars').click({ position: await placeOf(process) });
const details = () => tab.locator('#details').innerText();
const firstCells = (panel) => tab.locator(`#panel-${panel} tbody tr td:first-child`).allInnerTexts();

test('the heading says what was recorded', async () => {
    assert.equal(await tab.title(), 'make -j3 – snoop-report');
    assert.match(await tab.locator('#summary').innerText(), /^30 processes, 4 failed, 1\.27 s, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    assert.deepEqual(await viewOf(tab), { from: 0, to: model.length });
});

test('bars are where the layout has them, in the color of their status', async () => {
    const cases = [['sleep 5', 'killed'], ['make -j3', null], ['g++ -O1 -o slow slow.cc', null]];
    for (const [command, name] of cases) {
        const { x, y } = await placeOf(numberOf(command));
        const color = await colorAt(tab, x, y - 7);
        if (name) {
            assert.equal(color, await themeColor(tab, name), command);
        } else {
            const tints = await Promise.all([0, 1, 2, 3, 4].map((i) => themeColor(tab, `ok-${i}`)));
            assert.ok(tints.includes(color), `${command}: ${color}`);
        }
    }
    const { height } = await tab.locator('#bars').boundingBox();
    assert.equal(await colorAt(tab, 300, height - 4), '#000000'); // nothing is drawn there
});

test('a failure that is narrower than a pixel is still seen', async () => {
    const process = numberOf('cat settings.conf');
    const { x, y } = await placeOf(process);
    const around = await Promise.all([-2, -1, 0, 1, 2].map((by) => colorAt(tab, x + by, y - 7)));
    assert.ok(around.includes(await themeColor(tab, 'failed')), around.join(' '));
});

test('the wheel zooms about the pointer', async () => {
    const box = await tab.locator('#bars').boundingBox();
    await tab.mouse.move(box.x + box.width / 4, box.y + 100);
    await tab.mouse.wheel(0, -300);
    const view = await viewOf(tab);
    assert.ok(view.to - view.from < model.length * 0.6);
    assert.ok(Math.abs(view.from + (view.to - view.from) / 4 - model.length / 4) < model.length / 500);
    await tab.mouse.wheel(0, 3000);
    assert.deepEqual(await viewOf(tab), { from: 0, to: model.length });
});

test('Shift and the wheel, and a drag, move', async () => {
    const box = await tab.locator('#bars').boundingBox();
    await tab.mouse.move(box.x + 600, box.y + 100);
    await tab.mouse.wheel(0, -400);
    const before = await viewOf(tab);
    await tab.keyboard.down('Shift');
    await tab.mouse.wheel(0, 200);
    await tab.keyboard.up('Shift');
    const panned = await viewOf(tab);
    assert.ok(panned.from > before.from);
    assert.ok(Math.abs((panned.to - panned.from) - (before.to - before.from)) < 1);
    await tab.mouse.down();
    await tab.mouse.move(box.x + 700, box.y + 100, { steps: 4 });
    await tab.mouse.up();
    const dragged = await viewOf(tab);
    assert.ok(dragged.from < panned.from);
    assert.ok(await tab.locator('#details').isHidden(), 'a drag selects nothing');
});

test('a click shows the row, its ancestors, its opens and its cost', async () => {
    await clickBar(numberOf('sleep 5'));
    const text = await details();
    assert.match(text, /SIGKILL by timeout/);
    assert.match(text, /CPU\s+[\d.]+ [mµ]s user, [\d.]+ [mµ]s system/);
    assert.match(text, /Ancestors \(2\)\s+timeout -s KILL 0\.2 sleep 5\s.*\s+make -j3/);
    assert.match(text, /Files \(3\)[^]*\/etc\/ld\.so\.cache/);
    assert.match(await tab.locator('#said').innerText(), /^sleep 5: SIGKILL by timeout, 203 ms$/);
    await tab.locator('#details .link', { hasText: 'timeout' }).click();
    assert.match(await details(), /^✕\s*timeout/);
    await tab.locator('#details .close').click();
    assert.ok(await tab.locator('#details').isHidden());
});

test('search highlights what matches, and goes from one to the next', async () => {
    await tab.keyboard.press('/');
    await tab.keyboard.type('f2.c');
    assert.equal(await tab.locator('#found').innerText(), '2');
    const other = await placeOf(numberOf('g++ -O1 -o slow slow.cc'));
    assert.equal(await colorAt(tab, other.x, other.y - 7), await themeColor(tab, 'dim'));
    await tab.keyboard.press('Enter');
    assert.equal(await tab.locator('#found').innerText(), '1 of 2');
    assert.match(await details(), /cc -c -o f2\.o f2\.c/);
    await tab.keyboard.press('Enter');
    assert.match(await details(), /cc1 -quiet/);
    await tab.keyboard.press('Escape');
    assert.equal(await tab.locator('#pattern').inputValue(), '');
    assert.ok(await tab.locator('#details').isHidden());
});

test('tables sort by the column that is clicked', async () => {
    assert.match((await firstCells('longest'))[0], /cc1plus/);
    await tab.click('#tab-opens');
    const values = async () => (await tab.locator('#panel-opens tbody td:nth-child(7)').allInnerTexts()).map((text) => Number(text));
    const sorted = (list, order) => [...list].sort((a, b) => order * (a - b));
    assert.deepEqual(await values(), sorted(await values(), -1));
    await tab.click('#panel-opens th:nth-child(7) button');
    assert.deepEqual(await values(), sorted(await values(), 1));
    assert.equal(await tab.locator('#panel-opens th:nth-child(7)').getAttribute('aria-sort'), 'ascending');
    await tab.click('#panel-opens th:nth-child(1) button');
    assert.deepEqual(await firstCells('opens'), [...await firstCells('opens')].sort());
});

test('the tables name what failed and what was never found', async () => {
    await tab.click('#tab-failed');
    assert.deepEqual(await firstCells('failed'),
        ['cat settings.conf', 'timeout -s KILL 0.2 sleep 5', "sh -c 'no-such-program; exit 3'", 'sleep 5']);
    await tab.click('#tab-missing');
    assert.ok((await firstCells('missing')).includes('/tmp/build/demo/settings.conf'));
});

test('of a command that failed, the failures come first', async () => {
    const chosen = (of) => of.locator('#tabs [aria-selected=true]').innerText();
    assert.equal(await chosen(tab), 'Longest');
    const make = fixture.find(({ args }) => args?.[0] === 'make');
    const failed = await openReport(reportOf(fixture.map((row) => (row === make ? { ...row, exit_code: 2 } : row)), 'make'));
    assert.equal(await chosen(failed.tab), 'Failed');
    await failed.assertQuiet();
    await failed.close();
});

test('a row leads into the timeline', async () => {
    await tab.click('#tab-failed');
    await tab.click('#panel-failed tbody tr:nth-child(1) .link');
    const process = numberOf('cat settings.conf');
    assert.match(await details(), /exit 1[^]*\/tmp\/build\/demo\/settings\.conf\s+ENOENT/);
    const view = await viewOf(tab);
    assert.ok(view.from < model.start[process] && view.to > model.end[process] && view.to - view.from < 5000);
    const { x, y } = await placeOf(process);
    assert.equal(await colorAt(tab, x, y - 7), await themeColor(tab, 'failed'));
});

test('a row of several processes highlights all of them', async () => {
    await tab.click('#tab-often');
    await tab.locator('#panel-often tbody .link', { hasText: /^as$/ }).click();
    assert.equal(await tab.locator('#found').innerText(), '1 of 6');
    await tab.keyboard.press('n');
    assert.equal(await tab.locator('#found').innerText(), '2 of 6');
});

test('all works by keyboard alone', async () => {
    const press = async (...keys) => {
        for (const key of keys) {
            await tab.keyboard.press(key);
        }
    };
    for (let i = 0; i < 20 && await tab.evaluate(() => document.activeElement.id) !== 'bars'; i++) {
        await press('Tab');
    }
    await press('ArrowRight', 'ArrowDown');
    assert.match(await details(), /cc -c -o f1\.o f1\.c/);
    await press('ArrowDown');
    assert.match(await details(), /cc1 -quiet/);
    await press('ArrowUp', 'ArrowRight');
    assert.match(await details(), /cc -c -o main\.o main\.c/);
    await press('f');
    const view = await viewOf(tab);
    assert.ok(view.to - view.from < model.length / 4);
    await press('d');
    assert.ok((await viewOf(tab)).from > view.from);
    await press('+', '+');
    const nearer = await viewOf(tab);
    assert.ok(nearer.to - nearer.from < (view.to - view.from) * 0.6);
    await press('0');
    assert.deepEqual(await viewOf(tab), { from: 0, to: model.length });
    await press('p');
    assert.ok(!await tab.isChecked('#show-path'));
    await press('?');
    assert.ok(await tab.locator('#keys').isVisible());
    await press('Escape', 'Escape');
    assert.ok(await tab.locator('#details').isHidden());
    await tab.focus('#tab-longest');
    await press('ArrowRight', 'ArrowRight');
    assert.equal(await tab.locator('#tabs [aria-selected=true]').innerText(), 'Most often');
});

test('a drag over the overview chooses what is shown', async () => {
    const box = await tab.locator('#overview').boundingBox();
    await tab.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await tab.mouse.down();
    await tab.mouse.move(box.x + box.width * 0.75, box.y + 20, { steps: 3 });
    await tab.mouse.up();
    const view = await viewOf(tab);
    assert.ok(Math.abs(view.from / model.length - 0.5) < 0.01 && Math.abs(view.to / model.length - 0.75) < 0.01);
});
