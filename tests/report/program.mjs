// SPDX-License-Identifier: BSD-2-Clause
// Reports that snoop-report makes.  const page = reportOf(rows, 'make -j8');   …   dataOf(page).processes
//     const trace = reportOf(rows, 'make -j8', 'chrome');
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export const readRows = (file) => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse);
export const fixture = readRows(new URL('fixtures/make.jsonl', import.meta.url));

export function reportOf(rows, title, format = 'html', ...options) {
    const input = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    return execFileSync(process.env.SNOOP_REPORT, ['--title', title, '--format', format, ...options],
        { input, encoding: 'utf8', maxBuffer: 1e9, stdio: ['pipe', 'pipe', 'ignore'] });
}

export const dataText = (page) => page.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)[1];
export const dataOf = (page) => JSON.parse(dataText(page));
