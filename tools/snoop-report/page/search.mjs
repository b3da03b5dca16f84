// SPDX-License-Identifier: BSD-2-Clause
// Search by name and argument. A pattern without capitals ignores case, as in ripgrep.
//     search(model, 'cc1')  ->  the processes that match, by start

function makeTest(pattern) {
    const ignoresCase = pattern === pattern.toLowerCase();
    return (text) => (ignoresCase ? text.toLowerCase() : text).includes(pattern);
}

// Each text is looked at once, however many processes have it. A pattern with a space may span arguments.
export function search(model, pattern) {
    if (pattern === '') {
        return [];
    }
    const matches = makeTest(pattern);
    const hits = model.strings.map(matches);
    const spansArguments = pattern.includes(' ');
    const found = [];
    for (let i = 0; i < model.count; i++) {
        const args = model.args[i] ?? [];
        if (hits[model.comm[i]] || hits[model.file[i]] || args.some((arg) => hits[arg]) || String(model.pid[i]) === pattern ||
            (spansArguments && matches(model.argumentsOf(i).join(' ')))) {
            found.push(i);
        }
    }
    return found;
}
