import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { goTest } from '../../../src/pipeline/patching/go-test.ts'
import { javaTest } from '../../../src/pipeline/patching/java-test.ts'
import { nodeTest } from '../../../src/pipeline/patching/node-test.ts'
import { pythonTest } from '../../../src/pipeline/patching/python-test.ts'
import type { Replay } from '../../../src/pipeline/patching/regression-test.ts'
import { describeWith } from '../../support/needs.ts'

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

const GO_SERVICE = `package main

import (
	"encoding/json"
	"net/http"
	"os"
)

type address struct{ Country string }

type order struct{ Address *address }

func main() {
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		var body order
		if request.Method == "GET" || json.NewDecoder(request.Body).Decode(&body) != nil {
			return
		}
		if _, err := http.Get(os.Getenv("LEDGER_URL") + "/entries"); err != nil {
			panic(err)
		}
		defer func() {
			if recover() != nil {
				response.WriteHeader(500)
			}
		}()
		if EXPRESSION == "DE" {
			response.WriteHeader(201)
		}
	})
	_ = http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`

const JAVA_SERVICE = `package shop;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;

public class Service {
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(System.getenv("PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", exchange -> {
            String text = new String(exchange.getRequestBody().readAllBytes());
            Map<String, String> body = text.contains("null") ? Map.of() : Map.of("address", "DE");
            int status = 200;
            try {
                if (exchange.getRequestMethod().equals("POST")) {
                    URI.create(System.getenv("LEDGER_URL") + "/entries").toURL().openStream().close();
                    String country = EXPRESSION;
                }
            } catch (NullPointerException error) {
                status = 500;
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
    }
}
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
    needs: ['python3'],
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
    needs: [],
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
    needs: [],
    command: [process.execPath, '--test', '--test-isolation=none', 'test/*.test.ts'],
    faulty: 'body.address.country',
    sound: 'body.address?.country',
  },
  Go: {
    service: ['main.go', GO_SERVICE],
    test: [
      'pay/replay_test.go',
      goTest(replay(['go', 'run', '.']), { packageName: 'pay_test', name: 'Incident1' }),
    ],
    needs: ['go'],
    command: ['go', 'test', '-count=1', './pay'],
    faulty: 'body.Address.Country',
    sound: 'body.Address != nil && body.Address.Country',
  },
  Java: {
    service: ['src/shop/Service.java', JAVA_SERVICE],
    test: [
      'test/shop/ReplayTest.java',
      javaTest(replay(['java', 'src/shop/Service.java']), {
        packageName: 'shop',
        className: 'ReplayTest',
        path: 'test/shop/ReplayTest.java',
        framework: 'main',
      }),
    ],
    needs: ['java'],
    command: ['java', '-ea', 'test/shop/ReplayTest.java'],
    faulty: 'body.get("address").strip()',
    sound: 'body.get("address") != null ? body.get("address").strip() : null',
  },
} as const

const GO_MODULE = 'module example.com/shop\n\ngo 1.18\n'

function run(language: keyof typeof LANGUAGES, expression: string) {
  const { service, test, command } = LANGUAGES[language]
  const [path, source] = service
  const files = { 'go.mod': GO_MODULE, [path]: source.replace('EXPRESSION', expression), [test[0]]: test[1] }
  const directory = checkout(files)

  const [program = '', ...parameters] = command
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, CGO_ENABLED: '0' }
  const { status, stdout, stderr } = spawnSync(program, parameters, { cwd: directory, encoding: 'utf8', env })
  return { status, output: stdout + stderr }
}

for (const language of ['Python', 'JavaScript', 'TypeScript', 'Go', 'Java'] as const) {
  describeWith(LANGUAGES[language].needs, `the generated test in ${language}`, () => shows(language))
}

function shows(language: keyof typeof LANGUAGES): void {
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
}

describeWith(['go'], 'the generated test in Go', () => {
  it('is formatted as gofmt does it, and go vet finds nothing in it', () => {
    const { test } = LANGUAGES.Go
    const directory = checkout({ 'go.mod': GO_MODULE, [test[0]]: test[1] })
    const options = { cwd: directory, encoding: 'utf8' } as const
    expect(spawnSync('gofmt', ['-l', '-d', '.'], options).stdout).toBe('')
    expect(spawnSync('go', ['vet', './pay'], options)).toMatchObject({ status: 0, stderr: '' })
  })
})

describeWith(['java'], 'the generated test in Java', () => {
  const frameworks = { main: 'java.lang', junit4: 'org.junit', junit5: 'org.junit.jupiter.api' } as const

  it.each(['main', 'junit4', 'junit5'] as const)('compiles without a warning as %s', (framework) => {
    const path = 'test/shop/ReplayTest.java'
    const options = { packageName: 'shop', className: 'ReplayTest', path, framework } as const
    const annotation = `package ${frameworks[framework]};\n\npublic @interface Test {}\n`
    const directory = checkout({
      [path]: javaTest(replay(['java', 'Service.java']), options),
      ...(framework === 'main' ? {} : { 'library/Test.java': annotation }),
    })
    const sources = framework === 'main' ? [path] : [path, 'library/Test.java']
    const command = ['-Xlint:all', '-Werror', '-d', 'classes', ...sources]
    const ran = spawnSync('javac', command, { cwd: directory, encoding: 'utf8' })
    expect(ran).toMatchObject({ status: 0, stderr: '' })
  })
})
