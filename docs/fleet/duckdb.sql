-- SPDX-License-Identifier: BSD-2-Clause
-- DuckDB finds the types of the columns itself; there is nothing to create.
-- The programs that took most CPU time.
SELECT filename, count(*) AS execs, sum(utime_ns + stime_ns) / 1e9 AS cpu_s, quantile_cont(duration_ns, 0.99) / 1e9 AS p99_s
FROM 'execsnoop.json' GROUP BY filename ORDER BY cpu_s DESC LIMIT 10;

-- Each program with the one that started it: exec_id joins rows, and those of other tools, too.
SELECT child.time, parent.comm AS parent, child.comm, array_to_string(child.args, ' ') AS command, child.exit_code
FROM 'execsnoop.json' AS child JOIN 'execsnoop.json' AS parent ON child.parent_exec_id = parent.exec_id
ORDER BY child.time LIMIT 10;
