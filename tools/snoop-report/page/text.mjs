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

const two = (value) => String(value).padStart(2, '0');

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
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
    if (minutes < 60) {
        return `${minutes} min ${two(seconds % 60)} s`;
    }
    return hours < 48 ? `${hours} h ${two(minutes % 60)} min` : `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

const DAY = 86400e6;

// From 100 s on as a clock shows it: 1:40, 1:00:05, 3 d 12:00:00.
function formatLongTick(us, step) {
    const days = Math.floor(us / DAY), hours = Math.floor(us / 3600e6) % 24, minutes = Math.floor(us / 60e6) % 60;
    const digits = step < 1e6 ? Math.ceil(6 - Math.log10(step) - 1e-9) : 0;
    const seconds = ((us % 60e6) / 1e6).toFixed(digits).padStart(digits > 0 ? digits + 3 : 2, '0');
    if (step >= DAY) {
        return `${days} d`;
    }
    return days > 0 ? `${days} d ${hours}:${two(minutes)}:${seconds}`
        : hours > 0 ? `${hours}:${two(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}

// A point of the ruler, in microseconds, whose neighbours are `step` away.
export function formatTick(us, step) {
    if (us === 0) {
        return '0';
    }
    if (us >= 100e6) {
        return formatLongTick(us, step);
    }
    const [unit, size] = us < 1000 ? ['µs', 1] : us < 1e6 ? ['ms', 1e3] : ['s', 1e6];
    const digits = Math.max(0, -Math.floor(Math.log10(step / size) + 1e-9));
    return `${(us / size).toFixed(digits)} ${unit}`;
}

// 1 process, 2 processes.
export function formatNumberOf(count, one, several) {
    return `${formatCount(count)} ${count === 1 ? one : several}`;
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
