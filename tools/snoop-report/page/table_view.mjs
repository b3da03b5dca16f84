// SPDX-License-Identifier: BSD-2-Clause
// The tables below the timeline: a tab each, columns that sort, rows that lead into the timeline.
//     const view = new TableView(tables, follow);   view.open('failed');
import { announce, byId, element } from './dom.mjs';
import { sortRows } from './tables.mjs';
import { formatCount } from './text.mjs';

const ROWS = 200;
const PRINTED_ROWS = 25;

export class TableView {
    constructor(tables, follow) {
        this.tables = tables.map((table) => ({ ...table, key: table.sort, direction: table.order ?? -1 }));
        this.follow = follow;
        byId('tabs').append(...this.tables.map((table) => this.makeTab(table)));
        byId('panels').append(...this.tables.map((table) => table.panel));
        byId('tabs').addEventListener('keydown', (event) => this.onKey(event));
        this.open(this.tables[0].id);
    }

    makeTab(table) {
        table.tab = element('button', { id: `tab-${table.id}`, role: 'tab', 'aria-controls': `panel-${table.id}` }, table.title);
        table.panel = element('div', { id: `panel-${table.id}`, role: 'tabpanel', 'aria-labelledby': `tab-${table.id}`, tabIndex: 0 });
        table.tab.addEventListener('click', () => this.open(table.id));
        return table.tab;
    }

    open(id) {
        for (const table of this.tables) {
            const isOpen = table.id === id;
            table.tab.setAttribute('aria-selected', isOpen);
            table.tab.tabIndex = isOpen ? 0 : -1;
            table.panel.hidden = !isOpen;
            if (isOpen) {
                this.fill(table, ROWS);
                this.current = table;
            }
        }
        this.showTab(this.current.tab);
    }

    // On a narrow screen the tabs scroll.
    showTab(tab) {
        const tabs = byId('tabs');
        const left = tab.offsetLeft - tabs.offsetLeft;
        if (left < tabs.scrollLeft || left + tab.offsetWidth > tabs.scrollLeft + tabs.clientWidth) {
            tabs.scrollLeft = left + tab.offsetWidth / 2 - tabs.clientWidth / 2;
        }
    }

    onKey(event) {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step) {
            const at = this.tables.indexOf(this.current) + step + this.tables.length;
            const { id, tab } = this.tables[at % this.tables.length];
            this.open(id);
            tab.focus();
            event.preventDefault();
        }
    }

    // Makes the rows when they are first asked for.
    fill(table, most) {
        table.all ??= table.rows();
        const sorted = sortRows(table.all, table.key, table.direction);
        const head = element('tr', {}, ...table.columns.map((column) => this.makeHeading(table, column)));
        const body = element('tbody', {}, ...sorted.slice(0, most).map((row) => this.makeRow(table, row)));
        const rest = sorted.length - most;
        const rows = `${formatCount(sorted.length)} ${sorted.length === 1 ? 'row' : 'rows'}.`;
        const count = rest > 0 ? `The first ${formatCount(most)} of ${rows}` : rows;
        const caption = element('caption', {}, element('b', {}, table.title), ` ${table.about} ${count}`);
        const more = element('button', { className: 'more', hidden: rest <= 0 }, `Show more (${formatCount(rest)})`);
        more.addEventListener('click', () => this.fill(table, most + 5 * ROWS));
        table.panel.replaceChildren(element('table', {}, caption, element('thead', {}, head), body), more);
    }

    makeHeading(table, column) {
        const isSorted = table.key === column.key;
        const sort = element('button', { title: column.hint ?? '' }, column.title);
        sort.addEventListener('click', () => {
            table.direction = isSorted ? -table.direction : column.isText ? 1 : -1;
            table.key = column.key;
            this.fill(table, ROWS);
            table.panel.querySelectorAll('th button')[table.columns.indexOf(column)].focus();
            announce(`Sorted by ${column.title}, ${table.direction < 0 ? 'largest' : 'smallest'} first`);
        });
        return element('th', {
            scope: 'col', className: column.isText ? 'text' : '',
            'aria-sort': isSorted ? (table.direction < 0 ? 'descending' : 'ascending') : undefined,
        }, sort);
    }

    makeRow(table, row) {
        const cells = table.columns.map((column, i) => {
            const value = row[column.key] ?? null;
            const shown = value === null || value === Infinity ? '' : column.format(value);
            const content = i === 0 ? element('button', { className: 'link', title: shown }, shown || '(no name)') : shown;
            return element('td', { className: column.isText ? 'text' : '' }, content);
        });
        const made = element('tr', {}, ...cells);
        made.addEventListener('click', () => this.follow(row));
        return made;
    }

    // On paper there are all tables, each with its first rows.
    print() {
        for (const table of this.tables) {
            table.panel.hidden = false;
            this.fill(table, PRINTED_ROWS);
        }
    }
}
