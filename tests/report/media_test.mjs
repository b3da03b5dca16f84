// SPDX-License-Identifier: BSD-2-Clause
// The report in the dark, on paper, on a small screen, under fingers, and read aloud.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, test } from 'node:test';
import { axeSource, colorAt, finish, openReport, themeColor, viewOf } from './browser.mjs';
import { dataOf, fixture, reportOf } from './program.mjs';

const page = reportOf(fixture, 'make -j3');
after(finish);

async function withReport(options, use) {
    const report = await openReport(page, options);
    await use(report.tab, report);
    await report.assertQuiet();
    await report.close();
}

async function assertAccessible(tab) {
    await tab.evaluate(axeSource());
    const { violations, passes } = await tab.evaluate(() => window.axe.run({ resultTypes: ['violations', 'passes'] }));
    assert.ok(passes.length > 10, `only ${passes.length} rules applied`);
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]), []);
}

for (const colorScheme of ['light', 'dark']) {
    test(`axe-core finds nothing in ${colorScheme} colors`, () => withReport({ colorScheme }, async (tab) => {
        await assertAccessible(tab);
        await tab.click('#tab-failed');
        await tab.click('#panel-failed tbody .link');
        await tab.fill('#pattern', 'cc');
        await assertAccessible(tab);
        await tab.click('#help');
        await assertAccessible(tab);
    }));
}

test('axe-core finds nothing on a small screen', () => withReport({ viewport: { width: 390, height: 800 } }, async (tab) => {
    await tab.click('#tab-failed');
    await assertAccessible(tab);
    assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'the page is wider than the screen');
}));

test('the narrowest screen has room for all', () => withReport({ viewport: { width: 320, height: 568 } }, async (tab) => {
    const sees = (selector) => tab.locator(selector).evaluate((element) => {
        const { left, right } = element.getBoundingClientRect();
        return left >= 0 && right <= window.innerWidth;
    });
    for (const selector of ['#pattern', '#next', '#help', '#tab-longest']) {
        assert.ok(await sees(selector), `${selector} is not on the screen`);
    }
    await tab.evaluate(() => document.getElementById('tab-missing').click());
    assert.ok(await sees('#tab-missing'), 'the tab that is open is not on the screen');
    assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'the page is wider than the screen');
}));

test('colors follow the system, and the button', () => withReport({ colorScheme: 'dark' }, async (tab) => {
    const background = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await background(), 'rgb(16, 21, 27)');
    const dark = await themeColor(tab, 'ok-0');
    await tab.click('#theme');
    assert.equal(await background(), 'rgb(244, 246, 248)');
    assert.notEqual(await themeColor(tab, 'ok-0'), dark);
    for (const colorScheme of ['light', 'dark']) {
        await tab.emulateMedia({ colorScheme });
        await tab.waitForFunction((theme) => document.documentElement.dataset.theme === theme, colorScheme);
    }
    assert.equal(await background(), 'rgb(16, 21, 27)');
}));

test('the canvas has the colors of the theme, too', () => withReport({ colorScheme: 'dark' }, async (tab) => {
    await viewOf(tab);
    const tints = await Promise.all([0, 1, 2, 3, 4].map((i) => themeColor(tab, `ok-${i}`)));
    assert.ok(tints.includes(await colorAt(tab, 600, 28)));
}));

test('paper has the timeline, all tables, light colors and no controls', () => withReport({ colorScheme: 'dark' }, async (tab) => {
    await tab.mouse.move(600, 200);
    await tab.mouse.wheel(0, -500);
    const before = await viewOf(tab);
    const pdf = await tab.pdf({ format: 'A4', printBackground: false });
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
    let text;
    try {
        text = execFileSync('pdftotext', ['-layout', '-', '-'], { input: pdf, encoding: 'utf8' });
    } catch (error) {
        assert.equal(error.code, 'ENOENT', error.message);
    }
    if (text !== undefined) {
        for (const part of ['make -j3', 'Longest', 'Critical path', 'Never found', 'settings.conf', 'SIGKILL by timeout', 'killed']) {
            assert.ok(text.includes(part), part);
        }
        assert.ok(!text.includes('Name or argument'));
    }
    assert.deepEqual(await viewOf(tab), before);
    assert.equal(await tab.evaluate(() => document.documentElement.dataset.theme), 'dark');
    assert.equal(await tab.locator('#panels > div:visible').count(), 1);
}));

test('two fingers zoom, one moves, a tap selects', () => withReport({ hasTouch: true }, async (tab) => {
    const session = await tab.context().newCDPSession(tab);
    const touch = (type, ...points) =>
        session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
    await touch('touchStart', [500, 250], [600, 250]);
    await touch('touchMove', [400, 250], [700, 250]);
    await touch('touchMove', [350, 250], [750, 250]);
    await touch('touchEnd');
    const zoomed = await viewOf(tab);
    const whole = dataOf(page).processes.end.reduce((latest, end) => Math.max(latest, end));
    assert.ok(zoomed.to - zoomed.from < whole / 2 && zoomed.to - zoomed.from > whole / 8, JSON.stringify(zoomed));
    await touch('touchStart', [600, 250]);
    await touch('touchMove', [500, 250]);
    await touch('touchMove', [400, 250]);
    await touch('touchEnd');
    assert.ok((await viewOf(tab)).from > zoomed.from);
    assert.ok(await tab.locator('#details').isHidden());
    await tab.touchscreen.tap(500, 140);
    assert.match(await tab.locator('#details').innerText(), /make -j3/);
}));
