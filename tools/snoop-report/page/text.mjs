// SPDX-License-Identifier: BSD-2-Clause
// Text of the report: names made safe to show, and numbers with their units.
//     printable('a\u202eb')  ->  'a\\u202eb'      formatDuration(1530)  ->  '1.53 ms'

// Controls, marks that reorder or hide text, line separators, and halves of a surrogate pair.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029\p{Cs}]/gu;
const SHORT = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\u001b': '\\e' };

function escapeCharacter(character) {
    const code = character.codePointAt(0);
    const [letter, digits] = code < 0x80 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8];
    return SHORT[character] ?? `\\${letter}${code.toString(16).padStart(digits, '0')}`;
}

// No name can drive the page: what would reorder, hide or break a line is shown as an escape.
export function printable(text) {
    return text.replace(UNPRINTABLE, escapeCharacter);
}

// The first `limit` characters of a name, and a mark if that is not all of it.
export function shortened(text, limit) {
    return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}

// An argument as a shell would need it.
export function quoteArgument(argument) {
    if (/^[\w@%+=:,./-]+$/.test(argument)) {
        return argument;
    }
    return printable(argument) === argument
        ? `'${argument.replaceAll("'", "'\\''")}'`
        : `$'${printable(argument.replaceAll(/[\\']/g, '\\$&'))}'`;
}

// A command of at most about `limit` characters. Arguments of megabytes are cut before anything is made of them.
export function commandText(args, limit) {
    let text = '';
    for (const argument of args) {
        text += (text && ' ') + quoteArgument(argument.slice(0, limit));
        if (text.length > limit) {
            return shortened(text, limit);
        }
    }
    return text;
}

// Three digits, without an exponent.
function threeDigits(value) {
    return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

// A duration in microseconds.
export function formatDuration(us) {
    if (us === null || Number.isNaN(us)) {
        return '';
    }
    if (us < 1000) {
        return `${us.toFixed(0)} µs`;
    }
    if (us < 999.5e3) {
        return `${threeDigits(us / 1e3)} ms`;
    }
    const seconds = Math.round(us / 1e6);
    if (seconds < 100) {
        return `${threeDigits(us / 1e6)} s`;
    }
    const two = (value) => String(value).padStart(2, '0');
    return seconds < 3600
        ? `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
        : `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
}

// A point of the ruler, in microseconds, whose neighbours are `step` away.
export function formatTick(us, step) {
    if (us === 0) {
        return '0';
    }
    const [unit, size] = us < 1000 ? ['µs', 1] : us < 1e6 ? ['ms', 1e3] : ['s', 1e6];
    const digits = Math.max(0, -Math.floor(Math.log10(step / size) + 1e-9));
    return `${(us / size).toFixed(digits)} ${unit}`;
}

export function formatCount(count) {
    return count === null ? '' : String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function formatBytes(bytes) {
    if (bytes === null) {
        return '';
    }
    let value = bytes;
    for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
        if (value < 1000 || unit === 'GiB') {
            return unit === 'B' ? `${value} B` : `${threeDigits(value)} ${unit}`;
        }
        value /= 1024;
    }
    return '';
}

export function formatPercent(share) {
    return share === null ? '' : `${(share * 100).toFixed(1)} %`;
}
