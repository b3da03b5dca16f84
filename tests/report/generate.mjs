// SPDX-License-Identifier: BSD-2-Clause
// Recordings that nobody has at hand: a build of many processes, always the same, and names that are hostile.

const text = (value) => (value === undefined ? null : value);

// No process has the exec_id 0.
const idOf = (number) => (number === null ? null : (number + 1).toString(16).padStart(16, '0'));

// A row of execsnoop --exit, of which the data needs these keys.
function row(number, parent, comm, args, startUs, durationUs, more = {}) {
    return {
        event: 'exec', time: '2026-01-02T03:04:05.000000000Z', ts_ns: 1e12 + startUs * 1000, comm, process: comm, pid: 1000 + number,
        tid: 1000 + number, old_tid: 1000 + number, ret: 0, errno: null, user: 'build', exec_id: idOf(number),
        parent_exec_id: idOf(parent), container_id: null, container_name: null,
        duration_ns: durationUs * 1000, exit_code: text(more.exit_code ?? 0), signal: null, killed_by: null, oom: false,
        utime_ns: durationUs * 700, stime_ns: durationUs * 100, maxrss_kb: 20000 + number % 5000, read_bytes: 0, write_bytes: 4096,
        filename: `/usr/bin/${comm}`, args, truncated: false, cwd: '/tmp/build', ...more,
    };
}

// make -jJOBS that starts sh, gcc, cc1 and as for each file: four processes a file.
export function buildRows(processes, jobs = 16) {
    let seed = 1;
    const random = (below) => {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        return seed % below;
    };
    const free = new Array(jobs).fill(1000);
    const rows = [];
    for (let number = 1; number + 3 < processes; number += 4) {
        const job = free.indexOf(Math.min(...free));
        const start = free[job], compile = 20000 + random(100000), assemble = 1000 + random(8000);
        const file = `src/part${number % 97}/file${number}.c`;
        const exit_code = random(400) === 0 ? 1 : 0;
        rows.push(
            row(number, 0, 'sh', ['/bin/sh', '-c', `gcc -O2 -c ${file}`], start, compile + assemble + 3000, { exit_code }),
            row(number + 1, number, 'gcc', ['gcc', '-O2', '-Iinclude', '-c', file], start + 500, compile + assemble + 2000, { exit_code }),
            row(number + 2, number + 1, 'cc1', ['/usr/lib/cc1', '-O2', file, '-o', `cc${number}.s`], start + 900, compile, { exit_code }),
            row(number + 3, number + 1, 'as', ['as', '--64', '-o', `part${number}.o`], start + compile + 1000, assemble));
        free[job] += compile + assemble + 3000 + random(500);
    }
    rows.push(row(0, null, 'make', ['make', `-j${jobs}`], 0, Math.max(...free)));
    return rows;
}

// A shell that finds cc, a script, in the third folder of PATH, and ld in none.
export function searchRows() {
    const shell = row(1, null, 'sh', ['sh'], 0, 90000);
    const failed = (number, command, folder) => ({
        ...row(1, null, 'sh', [command], 1000 + number, 0), ret: -2, errno: 'ENOENT', tid: 7, filename: `${folder}/${command}`,
    });
    const cc = { ...row(2, 1, 'cc', ['/bin/sh', '/usr/bin/cc'], 1003, 500), old_tid: 7 };
    return [shell, failed(1, 'cc', '/opt'), failed(2, 'cc', '/usr/local/bin'), cc, failed(4, 'ld', '/opt'),
        failed(5, 'ld', '/usr/local/bin')];
}

// Each would do something, or turn something round, if it were not only text.
export const HOSTILE = [
    '</script><script>window.owned = 1</script>', '<!--<script>', '--></script>', '<img src=x onerror="window.owned = 1">',
    '"\'`${window.owned = 1}', '\\u003c/script>', 'javascript:window.owned=1', '&lt;b&gt;', '@DATA@', '$& $1 $`',
    '\u202egpj.exe\u2066', '\u2028\u2029', '\u0000\u0007\u001b[31m\u009b', '\ufffd\ufeff\u200b', 'a\nb\r\nc\td', '__proto__', 'constructor',
    '\u05d0\u05d1\u05d2', 'e\u0301'.repeat(200), '', ' ', 'x'.repeat(100000),
];

// No argument can have a NUL.
export const HOSTILE_TITLE = HOSTILE.join(' ').replaceAll('\0', '');

export function hostileRows() {
    const execs = HOSTILE.map((name, i) => row(i + 1, 0, name.slice(0, 15), [name, ...HOSTILE], 1000 * i, 900,
        { filename: name, cwd: name, user: name, container_name: name, signal: i % 5 ? null : name, killed_by: { pid: 1, comm: name } }));
    const base = (i) => ({ ...execs[i], time: execs[i].time, ts_ns: execs[i].ts_ns + 5000 });
    const opens = HOSTILE.flatMap((name, i) => [null, 'ENOENT', name].map((errno, n) =>
        ({ ...base(i), ts_ns: base(i).ts_ns + n, event: 'open', path: name, resolved: name, errno })));
    opens.push(...HOSTILE.map((name, i) => ({ ...base(i), event: 'open', path: `${name}?`, resolved: `${name}?`, errno: 'ENOENT' })));
    const guards = HOSTILE.map((name, i) => ({ ...base(i), event: 'guard', path: name, action: name, guard: name, op: name }));
    const failed = HOSTILE.map((name, i) => ({ ...base(i), ret: -2, errno: name || 'ENOENT', args: HOSTILE }));
    const huge = row(HOSTILE.length + 1, 0, 'huge', ['huge', ...new Array(20).fill('<a '.repeat(35000))], 50000, 90000);
    return [row(0, null, 'init', ['init'], 0, 200000), ...execs, huge, ...opens, ...guards, ...failed];
}
