// SPDX-License-Identifier: BSD-2-Clause
// picture.mjs PAGE OUT TABLE: a picture of a report that shows a table.
import { readFileSync } from 'node:fs';
import { finish, openReport, viewOf } from './browser.mjs';

const [page, out, table] = process.argv.slice(2);
const viewport = { width: 1140, height: Number(process.env.SNOOP_HEIGHT ?? 740) };
const report = await openReport(readFileSync(page, 'utf8'), { viewport, colorScheme: 'light' });
await report.tab.click(`#tab-${table}`);
await viewOf(report.tab);
await report.tab.screenshot({ path: out });
await report.assertQuiet();
await finish();
