import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { nodeTest } from '../../../src/pipeline/patching/node-test.ts'
import { pythonTest } from '../../../src/pipeline/patching/python-test.ts'
import type { Replay } from '../../../src/pipeline/patching/regression-test.ts'

const PYTHON_SERVICE = `import json, os, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(200)
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        urllib.request.urlopen(os.environ["LEDGER_URL"] + "/entries", timeout=2).read()
        try:
            country = EXPRESSION
            self.reply(200)
        except TypeError:
            self.reply(500)
    def reply(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`

const NODE_SERVICE = `import { createServer } from 'node:http'
createServer(async (request, response) => {
  if (request.method === 'GET') return response.end()
  const parts = []
  for await (const part of request) parts.push(part)
  const body = JSON.parse(Buffer.concat(parts).toString())
  await fetch(process.env.LEDGER_URL + '/entries')
  try {
    const country = EXPRESSION
    response.end(JSON.stringify({ country }))
  } catch {
    response.writeHead(500).end()
  }
}).listen(Number(process.env.PORT), '127.0.0.1')
`

const directories: string[] = []
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true, force: true })))

function checkout(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'ccp-replay-'))
  directories.push(directory)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), content)
  }
  return directory
}

function replay(startCommand: readonly string[]): Replay {
  return {
    incidentId: 'incident-1',
    exception: 'TypeError',
    input: { kind: 'http', method: 'POST', path: '/charge', body: { address: null, note: 'é😀' } },
    startCommand,
    healthPath: '/healthz',
    environment: { CURRENCY: 'EUR' },
    upstreams: ['LEDGER_URL'],
    depth: 1,
  }
}

const LANGUAGES = {
  Python: {
    service: ['service.py', PYTHON_SERVICE],
    test: ['tests/test_replay.py', pythonTest(replay(['python3', 'service.py']))],
    command: ['python3', '-m', 'unittest', 'discover', '-s', 'tests'],
    faulty: 'body["address"]["country"]',
    sound: 'body["address"]["country"] if body["address"] is not None else None',
  },
  JavaScript: {
    service: ['service.mjs', NODE_SERVICE],
    test: [
      'test/replay.test.mjs',
      nodeTest(replay(['node', 'service.mjs']), { framework: 'node', isTypeScript: false }),
    ],
    command: [process.execPath, '--test', 'test/replay.test.mjs'],
    faulty: 'body.address.country',
    sound: 'body.address?.country',
  },
  TypeScript: {
    service: ['service.mjs', NODE_SERVICE],
    test: [
      'test/replay.test.ts',
      nodeTest(replay(['node', 'service.mjs']), { framework: 'node', isTypeScript: true }),
    ],
    command: [process.execPath, '--test', '--test-isolation=none', 'test/*.test.ts'],
    faulty: 'body.address.country',
    sound: 'body.address?.country',
  },
} as const

function run(language: keyof typeof LANGUAGES, expression: string) {
  const { service, test, command } = LANGUAGES[language]
  const [path, source] = service
  const directory = checkout({ [path]: source.replace('EXPRESSION', expression), [test[0]]: test[1] })

  const [program = '', ...parameters] = command
  const env = { PATH: process.env.PATH }
  const { status, stdout, stderr } = spawnSync(program, parameters, { cwd: directory, encoding: 'utf8', env })
  return { status, output: stdout + stderr }
}

describe.each(['Python', 'JavaScript', 'TypeScript'] as const)('the generated test in %s', (language) => {
  const { faulty, sound } = LANGUAGES[language]

  it('fails before the patch, for the answer that broke', () => {
    const { status, output } = run(language, faulty)
    expect(status, output).not.toBe(0)
    expect(output).toContain('POST /charge was answered with 500')
  })

  it('passes after it, three times out of three', () => {
    for (let round = 0; round < 3; round += 1) {
      const { status, output } = run(language, sound)
      expect(status, output).toBe(0)
    }
  })
})
