import type { Replay } from './regression-test.ts'
import { answersFirst } from '../signals/upstream-failure.ts'

/** A unittest file that replays the request; standard library only, Python 3.8 or later. */
export function pythonTest(replay: Replay): string {
  const { input, startCommand, environment, upstreams } = replay
  return `"""Replays the request that failed in an incident: it must be answered.

Incident ${comment(replay.incidentId)}, ${comment(replay.exception)}.
"""

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[${replay.depth}]
COMMAND = ${pythonLiteral(startCommand)}
ENVIRONMENT = ${pythonLiteral(environment)}
UPSTREAMS = ${pythonLiteral(upstreams)}
HEALTH_PATH = ${pythonText(replay.healthPath)}
METHOD = ${pythonText(input.method)}
PATH = ${pythonText(input.path)}
BODY = ${pythonLiteral(input.body)}
# Answers of the stand-in before it is well: a status, or 0 for a connection that breaks.
FAILURES = ${pythonLiteral(answersFirst(replay.upstreamFailure))}


class Upstream(http.server.BaseHTTPRequestHandler):
    """Stands in for every service that this one calls."""

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        status = FAILURES.pop(0) if FAILURES else 200
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_arguments):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def status_of(port, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, method=method)
    request.add_header("content-type", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


class ReplayTest(unittest.TestCase):
    def setUp(self):
        upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
        threading.Thread(target=upstream.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.addCleanup(upstream.server_close)
        self.addCleanup(upstream.shutdown)
        stub = f"http://127.0.0.1:{upstream.server_address[1]}"
        # Another process may take the free port before the service does: then it is started once more.
        for _ in range(3):
            self.port = free_port()
            if self.start(stub):
                return
        self.fail("the service does not start")

    def start(self, stub):
        environment = {**os.environ, **ENVIRONMENT, **dict.fromkeys(UPSTREAMS, stub), "PORT": str(self.port)}
        command = [sys.executable, *COMMAND[1:]] if COMMAND[0] in ("python", "python3") else COMMAND
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        service = subprocess.Popen(command, cwd=ROOT, env=environment, **quiet)
        self.addCleanup(self.stop, service)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and service.poll() is None:
            try:
                if status_of(self.port, "GET", HEALTH_PATH) < 500:
                    return service.poll() is None
            except OSError:
                pass
            time.sleep(0.02)
        return False

    def stop(self, service):
        service.terminate()
        try:
            service.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()

    def test_the_request_is_answered_without_a_server_error(self):
        try:
            status = status_of(self.port, METHOD, PATH, BODY)
        except OSError as error:
            self.fail(f"{METHOD} {PATH} was not answered: {error}")
        self.assertLess(status, 500, f"{METHOD} {PATH} was answered with {status}")


if __name__ == "__main__":
    unittest.main()
`
}

/** A JSON value as a Python literal, one entry a line where it is not short. */
export function pythonLiteral(value: unknown, indent = ''): string {
  if (typeof value === 'string') return pythonText(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : 'None'
  if (value === null || typeof value !== 'object') return 'None'
  const inner = `${indent}    `
  const [open, close, parts] = Array.isArray(value)
    ? ['[', ']', value.map((each) => pythonLiteral(each, inner))]
    : [
        '{',
        '}',
        Object.entries(value).map(([key, each]) => `${pythonText(key)}: ${pythonLiteral(each, inner)}`),
      ]
  const line = `${open}${parts.join(', ')}${close}`
  if (line.length <= SHORT_LINE && !line.includes('\n')) return line
  return `${open}\n${parts.map((part) => `${inner}${part},\n`).join('')}${indent}${close}`
}

const SHORT_LINE = 80

/** JSON's escapes are Python's; what is not ASCII is escaped, so that the file has one reading. */
function pythonText(value: string): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/gu, (letter) => {
    const code = letter.codePointAt(0) ?? 0
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

function comment(value: string): string {
  return value.replace(/[^\w.:-]+/g, ' ').slice(0, 100)
}
