// SPDX-License-Identifier: BSD-2-Clause
// picture.mjs PAGE OUT TABLE: a picture of a report that shows a table.
import { readFileSync } from 'node:fs';
import { finish, openReport, viewOf } from './browser.mjs';

const [page, out, table] = process.argv.slice(2);
const report = await openReport(readFileSync(page, 'utf8'), { viewport: { width: 1140, height: 740 }, colorScheme: 'light' });
await report.tab.click(`#tab-${table}`);
await viewOf(report.tab);
await report.tab.screenshot({ path: out });
await report.assertQuiet();
await finish();
