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
    upstreamFailure: null,
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

/** Asks its upstream up to TIMES times; fails where it never got an answer. */
const ASKING = {
  Python: `import json, os, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(200)
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        for left in range(TIMES):
            try:
                urllib.request.urlopen(os.environ["LEDGER_URL"] + "/entries", timeout=2).read()
                return self.reply(200)
            except OSError:
                pass
        self.reply(500)
    def reply(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`,
  JavaScript: `import { createServer } from 'node:http'
createServer(async (request, response) => {
  request.resume()
  if (request.method === 'GET') return response.end()
  for (let left = TIMES; left > 0; left -= 1) {
    const answer = await fetch(process.env.LEDGER_URL + '/entries').catch(() => null)
    if (answer?.ok) return response.end()
  }
  response.writeHead(500).end()
}).listen(Number(process.env.PORT), '127.0.0.1')
`,
  Go: `package main

import (
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		for left := TIMES; left > 0 && request.Method != "GET"; left-- {
			answer, err := http.Get(os.Getenv("LEDGER_URL") + "/entries")
			if err == nil && answer.StatusCode < 500 {
				return
			}
		}
		if request.Method != "GET" {
			response.WriteHeader(500)
		}
	})
	_ = http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`,
  Java: `package shop;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Service {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private static int ask() throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(System.getenv("LEDGER_URL") + "/entries")).build();
        try {
            return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException error) {
            return 500;
        }
    }

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(System.getenv("PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            int status = exchange.getRequestMethod().equals("GET") ? 200 : 500;
            try {
                for (int left = TIMES; left > 0 && status >= 500; left--) status = ask();
            } catch (InterruptedException error) {
                throw new IOException(error);
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
    }
}
`,
} as const

const TOLD = {
  Python: (told: Replay) => pythonTest(told),
  JavaScript: (told: Replay) => nodeTest(told, { framework: 'node', isTypeScript: false }),
  Go: (told: Replay) => goTest(told, { packageName: 'pay_test', name: 'Incident1' }),
  Java: (told: Replay) =>
    javaTest(told, {
      packageName: 'shop',
      className: 'ReplayTest',
      path: 'test/shop/ReplayTest.java',
      framework: 'main',
    }),
} as const

const STARTS = {
  Python: ['python3', 'service.py'],
  JavaScript: ['node', 'service.mjs'],
  Go: ['go', 'run', '.'],
  Java: ['java', 'src/shop/Service.java'],
} as const

for (const language of ['Python', 'JavaScript', 'Go', 'Java'] as const) {
  describeWith(LANGUAGES[language].needs, `the generated test in ${language}, of a failing upstream`, () => {
    const { service, test, command } = LANGUAGES[language]

    function outcome(upstreamFailure: Replay['upstreamFailure'], times: number) {
      const directory = checkout({
        'go.mod': GO_MODULE,
        [service[0]]: ASKING[language].replace('TIMES', String(times)),
        [test[0]]: TOLD[language]({ ...replay(STARTS[language]), upstreamFailure }),
      })
      const [program = '', ...parameters] = command
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, CGO_ENABLED: '0' }
      const ran = spawnSync(program, parameters, { cwd: directory, encoding: 'utf8', env })
      return { failed: ran.status !== 0, output: ran.stdout + ran.stderr }
    }

    it.each([503, 'broken connection'] as const)(
      '%s: fails without a retry and passes with one',
      (failure) => {
        const before = outcome(failure, 1)
        expect(before.output).toContain('POST /charge was answered with 50')
        expect(before.failed).toBe(true)
        const after = outcome(failure, 2)
        expect(after.failed, after.output).toBe(false)
      },
    )

    it('shows nothing where the upstream is well', () => {
      const well = outcome(null, 1)
      expect(well.failed, well.output).toBe(false)
    })
  })
}

describeWith(['go'], 'the generated test in Go, of a failing upstream', () => {
  it.each([503, 'broken connection'] as const)('%s: is formatted as gofmt does it', (upstreamFailure) => {
    const input = TOLD.Go({ ...replay(STARTS.Go), upstreamFailure })
    expect(spawnSync('gofmt', ['-l'], { input, encoding: 'utf8' }).stdout).toBe('')
  })
})
