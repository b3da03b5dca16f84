-- SPDX-License-Identifier: BSD-2-Clause
-- The programs that took most CPU time.
SELECT filename, count() AS execs, sum(utime_ns + stime_ns) / 1e9 AS cpu_s, quantile(0.99)(duration_ns) / 1e9 AS p99_s
FROM execs GROUP BY filename ORDER BY cpu_s DESC LIMIT 10;

-- What failed, and how it was called.
SELECT time, user, exit_code, signal, arrayStringConcat(args, ' ') AS command
FROM execs WHERE exit_code != 0 OR signal IS NOT NULL ORDER BY time DESC LIMIT 10;
