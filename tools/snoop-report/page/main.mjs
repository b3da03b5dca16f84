// SPDX-License-Identifier: BSD-2-Clause
// Reads the data of the page and connects its parts.
import { analyze } from './analysis.mjs';
import { showDetails } from './details.mjs';
import { announce, byId, element } from './dom.mjs';
import { KEYS, listen } from './input.mjs';
import { decode, FAILED, KILLED, RUNNING, SLOW, statusText } from './model.mjs';
import { search } from './search.mjs';
import { commandOf, makeTables } from './tables.mjs';
import { TableView } from './table_view.mjs';
import { formatCount, formatDuration, formatNumberOf, printable, shortened } from './text.mjs';
import { Timeline } from './timeline.mjs';

function showSummary(model, analysis) {
    const title = shortened(printable(model.title), 200);
    document.title = `${title} – snoop-report`;
    byId('title').textContent = title;
    const failed = analysis.status.reduce((sum, status) => sum + Number(status === FAILED || status === KILLED), 0);
    const date = Number.isNaN(model.origin) ? '' : `, ${new Date(model.origin).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    byId('summary').textContent = `${formatNumberOf(model.count, 'process', 'processes')}, ${formatCount(failed)} failed, ${
        formatDuration(model.length)}${date}`;
}

function showLegend(model, analysis) {
    const counts = [0, 0, 0, 0, 0];
    analysis.status.forEach((status) => counts[status]++);
    const entries = [['ok', 'ok, a tint for each program', 0], ['slow', 'slow: own time of 10 % or more', SLOW],
        ['failed', '✕ failed', FAILED], ['killed', '† killed', KILLED], ['running', 'end not seen', RUNNING]];
    byId('legend').append(
        ...entries.filter(([, , status]) => counts[status] > 0).map(([name, text, status]) =>
            element('li', {}, element('i', { className: `swatch ${name}` }), `${text} (${formatCount(counts[status])})`)),
        element('li', {}, element('i', { className: 'swatch path' }), 'critical path'));
}

// Search: what matches is highlighted, and n goes from one to the next. null: nothing is looked for.
function connectSearch(model, timeline, select) {
    let found = null, at = -1;
    const show = (processes) => {
        [found, at] = [processes, -1];
        timeline.highlight(found);
        step(0);
    };
    // By 0 only says how many there are.
    const step = (by) => {
        if (by !== 0 && found?.length > 0) {
            at = at < 0 && by < 0 ? found.length - 1 : (at + by + found.length) % found.length;
            select(found[at]);
            timeline.show(found[at]);
        }
        byId('found').textContent = found === null ? '' : `${at < 0 ? '' : `${at + 1} of `}${formatCount(found.length)}`;
    };
    const pattern = byId('pattern');
    pattern.addEventListener('input', () => show(pattern.value === '' ? null : search(model, pattern.value)));
    pattern.addEventListener('keydown', (event) => event.key === 'Enter' && step(event.shiftKey ? -1 : 1));
    byId('next').addEventListener('click', () => step(1));
    byId('previous').addEventListener('click', () => step(-1));
    // Rows of a table that stand for several processes are found like these.
    const showGroup = (processes) => {
        pattern.value = '';
        show(processes);
        step(1);
    };
    const clear = () => {
        pattern.value = '';
        show(null);
    };
    return { step, clear, showGroup };
}

function connectColors(timeline) {
    const isDark = matchMedia('(prefers-color-scheme: dark)');
    const set = (theme) => {
        document.documentElement.dataset.theme = theme;
        timeline.readColors();
    };
    const current = () => document.documentElement.dataset.theme;
    isDark.addEventListener('change', () => set(isDark.matches ? 'dark' : 'light'));
    byId('theme').addEventListener('click', () => set(current() === 'dark' ? 'light' : 'dark'));
    set(isDark.matches ? 'dark' : 'light');
    return { set, current };
}

// Paper is light, and shows the whole recording.
function connectPrinting(timeline, tables, colors) {
    let before = null;
    window.addEventListener('beforeprint', () => {
        before = { theme: colors.current(), view: timeline.scene.view, top: timeline.scene.top, id: tables.current.id };
        document.documentElement.dataset.paper = 'yes';
        colors.set('light');
        timeline.whole();
        timeline.draw();
        tables.print();
    });
    window.addEventListener('afterprint', () => {
        delete document.documentElement.dataset.paper;
        colors.set(before.theme);
        timeline.scrollTo(before.top);
        timeline.setView(before.view);
        tables.open(before.id);
    });
}

function start() {
    const model = decode(JSON.parse(byId('data').textContent));
    const analysis = analyze(model);
    showSummary(model, analysis);
    showLegend(model, analysis);
    const select = (process) => timeline.select(process);
    const timeline = new Timeline(model, analysis, (process) => {
        showDetails(model, analysis, process, (other) => {
            select(other);
            if (other >= 0) {
                timeline.show(other);
            } else {
                timeline.canvas.focus();
            }
        });
        announce(process < 0 ? '' : `${commandOf(model, process, 80)}: ${statusText(model, process)}, ${
            formatDuration(model.end[process] - model.start[process])}`);
    });
    const finder = connectSearch(model, timeline, select);
    const tables = new TableView(makeTables(model, analysis), (row) => {
        const processes = row.process === undefined ? [...row.group].sort((a, b) => a - b) : [row.process];
        if (processes.length > 1) {
            finder.showGroup(processes);
        } else if (processes.length === 1) {
            finder.clear();
            select(processes[0]);
            timeline.show(processes[0], true);
        }
    });
    if (analysis.passedOn.includes(1)) { // the command itself failed
        tables.open('failed');
    }
    const showKeys = () => byId('keys').showModal();
    const togglePath = () => {
        timeline.scene.showsPath = byId('show-path').checked;
        timeline.redraw();
    };
    listen(timeline, {
        '/': () => byId('pattern').focus(), n: () => finder.step(1), N: () => finder.step(-1), '?': showKeys,
        p: () => byId('show-path').click(),
        Escape: () => {
            finder.clear();
            select(-1);
            timeline.canvas.focus();
        },
    });
    byId('show-path').addEventListener('change', togglePath);
    byId('whole').addEventListener('click', () => timeline.whole());
    byId('help').addEventListener('click', showKeys);
    byId('key-list').append(...KEYS.map(([key, what]) => element('div', {}, element('dt', {}, key), element('dd', {}, what))));
    connectPrinting(timeline, tables, connectColors(timeline));
    document.documentElement.dataset.ready = 'yes';
}

try {
    start();
} catch (error) {
    byId('title').textContent = `This report cannot be shown: ${error.message}`;
    throw error;
}
