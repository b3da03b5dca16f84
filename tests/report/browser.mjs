// SPDX-License-Identifier: BSD-2-Clause
// A report in Chromium. Each page notes what must not happen: errors, violations of its policy, requests, dialogs.
//     const report = await openReport(reportOf(rows, title), { colorScheme: 'dark' });   …   report.assertQuiet(); await report.close();
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'snoop-report-'));
// The packages are outside of the tree: see run.
const require = createRequire(join(process.env.SNOOP_NODE_MODULES ?? '.', 'x.js'));
const { chromium } = require('playwright-core');
export const axeSource = () => readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

// It has no network and, as root, no sandbox.
const browser = await chromium.launch({
    executablePath: process.env.SNOOP_CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update'],
});

let reports = 0;

export async function openReport(page, options = {}) {
    const file = join(folder, `${++reports}.html`);
    writeFileSync(file, page);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const tab = await context.newPage();
    const noise = [];
    tab.on('pageerror', (error) => noise.push(`error: ${error.stack}`));
    // Chromium advises what is good for the tests' reading of pixels, not for the page.
    tab.on('console', (message) => /willReadFrequently/.test(message.text()) || noise.push(`console: ${message.text()}`));
    tab.on('dialog', (dialog) => {
        noise.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    tab.on('request', (request) => request.url() === `file://${file}` || noise.push(`request: ${request.url()}`));
    await tab.addInitScript(() => {
        window.violations = [];
        document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.blockedURI));
    });
    await tab.goto(`file://${file}`);
    const assertQuiet = async () => {
        assert.deepEqual(noise, []);
        assert.deepEqual(await tab.evaluate(() => window.violations), []);
    };
    return { tab, file, noise, assertQuiet, close: () => context.close() };
}

// What the timeline shows: {from, to} in microseconds, after the next frame.
export async function viewOf(tab) {
    await tab.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const [from, to] = (await tab.locator('#bars').getAttribute('data-view')).split(' ').map(Number);
    return { from, to };
}

// The color at a point of the canvas, as #rrggbb.
export function colorAt(tab, x, y) {
    return tab.evaluate(([left, top]) => {
        const canvas = document.getElementById('bars');
        const ratio = canvas.width / canvas.clientWidth;
        const pixel = canvas.getContext('2d').getImageData(Math.round(left * ratio), Math.round(top * ratio), 1, 1).data;
        return `#${[...pixel.slice(0, 3)].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
    }, [x, y]);
}

// A color of the style sheet.
export const themeColor = (tab, name) =>
    tab.evaluate((property) => getComputedStyle(document.documentElement).getPropertyValue(property).trim(), `--${name}`);

export async function finish() {
    await browser.close();
    rmSync(folder, { recursive: true });
}
