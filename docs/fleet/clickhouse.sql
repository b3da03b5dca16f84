-- SPDX-License-Identifier: BSD-2-Clause
-- A table of what `execsnoop --exit -o json` prints. Keys that have no column here are skipped.
CREATE TABLE execs
(
    time DateTime,
    ts_ns UInt64,
    exec_id String,
    parent_exec_id Nullable(String),
    pid UInt32,
    ppid UInt32,
    uid UInt32,
    user Nullable(String),
    comm String,
    filename Nullable(String),
    args Array(String),
    cwd Nullable(String),
    unit Nullable(String),
    container_name Nullable(String),
    image Nullable(String),
    ret Int32,
    errno Nullable(String),
    duration_ns Nullable(UInt64),
    exit_code Nullable(Int32),
    signal Nullable(String),
    utime_ns Nullable(UInt64),
    stime_ns Nullable(UInt64),
    maxrss_kb Nullable(UInt64)
)
ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (comm, time);
