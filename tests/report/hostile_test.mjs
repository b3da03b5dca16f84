// SPDX-License-Identifier: BSD-2-Clause
// Names that a process can choose: they run nothing, they break nothing, and they are shown.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { finish, openReport, viewOf } from './browser.mjs';
import { HOSTILE, HOSTILE_TITLE, hostileRows } from './generate.mjs';
import { dataOf, dataText, fixture, reportOf } from './program.mjs';

after(finish);
const page = reportOf(hostileRows(), HOSTILE_TITLE);

test('nothing in the data can end the element that it is in', () => {
    assert.ok(!dataText(page).includes('<'));
    assert.equal(dataOf(page).title, HOSTILE_TITLE);
    assert.ok(HOSTILE.every((name) => dataOf(page).strings.includes(name)));
});

test('the page has one policy, which allows its own script and style alone', () => {
    assert.equal(page.match(/Content-Security-Policy/g).length, 1);
    const [, policy] = page.match(/Content-Security-Policy" content="([^"]*)"/);
    assert.match(policy, /^default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form/);
    assert.ok(page.indexOf('Content-Security-Policy') < page.indexOf('<style>'));
    assert.doesNotMatch(page.replace(dataText(page), ''), / style=| on[a-z]+=|https?:/);
});

test('the page without data is smaller than 1 MB', () => {
    const small = reportOf(fixture, 'make -j3');
    const size = Buffer.byteLength(small.replace(dataText(small), ''));
    console.log(`# the page without data has ${size} bytes`);
    assert.ok(size < 1e6);
});

test('hostile names run nothing, wherever they are shown', async () => {
    const report = await openReport(page);
    const { tab } = report;
    for (const id of await tab.locator('#tabs button').evaluateAll((tabs) => tabs.map((each) => each.id.slice(4)))) {
        await tab.click(`#tab-${id}`);
        assert.ok(await tab.locator(`#panel-${id} tbody tr`).count() > 0, id);
        await tab.locator(`#panel-${id} tbody tr`).last().click();
    }
    await tab.focus('#bars');
    await tab.keyboard.press('Escape');
    await tab.keyboard.press('ArrowRight');
    await tab.keyboard.press('ArrowDown');
    for (let i = 0; i < HOSTILE.length; i++) {
        assert.ok(await tab.locator('#details').isVisible(), `process ${i}`);
        await tab.keyboard.press('ArrowRight');
    }
    for (const name of HOSTILE.slice(0, 14)) {
        await tab.fill('#pattern', name);
        if (name.trim() && !/[\n\r]/.test(name)) {
            assert.match(await tab.locator('#found').innerText(), /^[1-9]\d*$/, name);
        }
    }
    assert.equal(await tab.evaluate(() => window.owned), undefined);
    assert.equal(await tab.locator('script').count(), 2);
    assert.equal(await tab.locator('img').count(), 0);
    await report.assertQuiet();
    await report.close();
});

test('no text of the page has characters that reorder or hide', async () => {
    const report = await openReport(page);
    const { tab } = report;
    await tab.click('#tab-failed');
    await tab.locator('#panel-failed .link').nth(3).click();
    const texts = await tab.evaluate(() => document.title +
        ['header', 'main', '#said'].map((part) => document.querySelector(part).innerText).join());
    assert.doesNotMatch(texts, /[\p{Cf}\u2028\u2029\u007f-\u009f]/u);
    assert.doesNotMatch(texts.replaceAll(/[\n\t]/g, ''), /\p{Cc}/u);
    assert.match(texts, /\\u202egpj\.exe\\u2066/);
    await report.close();
});

test('two megabytes of arguments are cut, and shown when asked for', async () => {
    const report = await openReport(page);
    const { tab } = report;
    await tab.fill('#pattern', 'huge');
    await tab.keyboard.press('Enter');
    assert.ok((await tab.locator('#details code').textContent()).length <= 4001);
    await tab.click('#details button:has-text("Show all 2,100,0")');
    assert.ok((await tab.locator('#details code').textContent()).length > 2100000);
    await viewOf(tab);
    await report.assertQuiet();
    await report.close();
});

test('script that is added to the file does not run', async () => {
    const report = await openReport(page.replace('<noscript>', '<script>window.owned = 1</script><noscript>'));
    assert.equal(await report.tab.evaluate(() => window.owned), undefined);
    assert.deepEqual(await report.tab.evaluate(() => window.violations), ['inline']);
    await report.close();
});

test('data of another version is said, not shown', async () => {
    const report = await openReport(page.replace('"snoop_report":1', '"snoop_report":2'));
    assert.equal(await report.tab.locator('h1').innerText(), 'This report cannot be shown: the data is not of version 1');
    await report.close();
});
