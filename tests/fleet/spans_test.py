#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""spans_test.py BIN: execsnoop --exit --otlp sends each program as a span: those of a command are one tree, which is
execsnoop's own."""
import signal

from receiver import Receiver
from tool import Tool, ToolTest, main, run_true, url_of


class SpansTest(ToolTest):
    def trace(self, *args, **variables):
        """Spans of execsnoop, by their ids, and its rows."""
        with Receiver() as receiver:
            ended = Tool("execsnoop", url_of(receiver), "--exit", "-o", "json", *args, **variables).end()
            self.assertEqual(ended.sent, len(ended.rows), ended.stderr)
            self.assertEqual(len(receiver.records), len(ended.rows))
            self.assertEqual({path for path, _ in receiver.requests}, {"/v1/traces"})
        spans = {span["spanId"]: span for span in receiver.records}
        self.assertEqual(len(spans), len(ended.rows))
        self.assertEqual(len({span["traceId"] for span in spans.values()}), 1)
        return spans, ended.rows

    def test_spans_are_one_tree(self):
        script = """
            sh -c '/bin/true; (cat /dev/null | sort | uniq) & wait; sh -c "exec env /bin/true"'
            for i in 1 2 3; do sh -c 'sh -c "/bin/true & /bin/true & wait; /bin/false"'; done
            (sh -c 'sleep 0.2; /bin/true' &)  # loses its parent
            sleep 0.5
            exit 3"""
        spans, rows = self.trace("--", "sh", "-c", script)
        root = self.check_tree(spans, rows)
        self.assertEqual(root["name"], "sh")
        self.assertNotIn("parentSpanId", root)
        self.assertEqual(root["status"], {"code": 2, "message": "exit code 3"})
        self.assertGreaterEqual(len(spans), 20)
        names = [span["name"] for span in spans.values()]
        for name, count in {"uniq": 1, "env": 1, "sleep": 2, "true": 9, "false": 3}.items():
            self.assertGreaterEqual(names.count(name), count, names)
        for span in spans.values():
            row = next(row for row in rows if row["exec_id"] == span["spanId"])
            self.assertEqual(int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"]), row["duration_ns"])
            self.assertEqual("status" in span, row["exit_code"] not in (0, None) or row["signal"] is not None)

    def test_spans_belong_to_the_trace_of_the_command(self):
        trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
        context = f"00-{trace}-{parent}-01"
        spans, rows = self.trace("--", "sh", "-c", "true; true", TRACEPARENT=context)
        root = self.check_tree(spans, rows)
        self.assertEqual((root["traceId"], root["parentSpanId"]), (trace, parent))
        with Receiver() as receiver:  # not those of all programs
            tool = Tool("execsnoop", url_of(receiver), "--exit", wait=True, TRACEPARENT=context)
            run_true()
            self.check(tool.end(signal.SIGINT), 0, sent=len(receiver.records))
        self.assertNotIn(trace, [span["traceId"] for span in receiver.records])
        orphans = [span for span in receiver.records if span["name"] == "true"]
        self.assertGreaterEqual(len(orphans), 1)
        for span in orphans:
            self.assertNotIn("parentSpanId", span)
            self.assertEqual(span["links"][0]["traceId"], span["traceId"])

    def test_spans_of_a_command_that_calls_exec_again(self):
        with Receiver() as receiver:
            ended = Tool("execsnoop", url_of(receiver), "--exit", "-x", "--", "sh", "-c", "/nowhere/x; exec /usr/bin/env /bin/true").end()
            self.check(ended, 0, sent=4)
        failed, shell, env, true = sorted(receiver.records, key=lambda span: ["x", "sh", "env", "true"].index(span["name"]))
        self.assertNotIn("parentSpanId", shell)
        for span, parent in (failed, shell), (env, shell), (true, env):
            self.assertEqual(span["parentSpanId"], parent["spanId"])
        self.assertEqual(failed["status"], {"code": 2, "message": "ENOENT"})


if __name__ == "__main__":
    main()
