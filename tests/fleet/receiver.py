# SPDX-License-Identifier: BSD-2-Clause
"""A receiver of OTLP/HTTP on loopback, which answers as a test says."""
import gzip
import http.server
import json
import socket
import ssl
import sys
import threading


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A sender may give up."""
        if not isinstance(sys.exc_info()[1], (BrokenPipeError, ConnectionResetError, ssl.SSLError)):
            super().handle_error(request, client_address)


class Receiver:
    """Keeps the records that it accepts. `answers` are the first answers, each a function of the handler and the
    records; after them, it accepts all. Port 0 is any free one."""

    def __init__(self, *answers, port=0, tls=None):
        self.answers = list(answers)
        self.records = []
        self.requests = []  # path and headers
        self.arrived = threading.Semaphore(0)  # released by each request
        self.connections = []
        self.server = Server(("127.0.0.1", port), self.handler())
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def handler(receiver):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                receiver.connections.append(self.connection)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                receiver.body = json.loads(body)
                if "resourceSpans" in receiver.body:
                    records = receiver.body["resourceSpans"][0]["scopeSpans"][0]["spans"]
                else:
                    records = receiver.body["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
                receiver.requests.append((self.path, self.headers))
                answer = receiver.answers.pop(0) if receiver.answers else accept
                receiver.arrived.release()
                answer(receiver, self, records)

            def log_message(self, *_):
                pass

        return Handler

    @property
    def uids(self):
        return [attributes(record)["log.record.uid"]["stringValue"] for record in self.records]

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        for connection in self.connections:  # those that are kept alive
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def attributes(record):
    return {attribute["key"]: attribute["value"] for attribute in record["attributes"]}


def respond(handler, status, body=b"{}", **headers):
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def accept(receiver, handler, records):
    receiver.records += records
    respond(handler, 200)


def refuse(status, body=b"{}", **headers):
    return lambda receiver, handler, records: respond(handler, status, body, **headers)


def accept_in_part(rejected):
    """Rejects the last ones."""
    body = json.dumps({"partialSuccess": {"rejectedLogRecords": str(rejected), "errorMessage": "too old"}}).encode()

    def answer(receiver, handler, records):
        receiver.records += records[:-rejected]
        respond(handler, 200, body)

    return answer


def accept_and_hang_up(receiver, handler, records):
    """Takes the records; the answer is lost."""
    receiver.records += records
    handler.close_connection = True


def wait_for(event):
    """Accepts once the event is set."""

    def answer(receiver, handler, records):
        event.wait()
        accept(receiver, handler, records)

    return answer
