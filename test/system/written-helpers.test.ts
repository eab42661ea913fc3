import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { templateFixes } from '../../src/pipeline/planning/templates/template-fixes.ts'
import type { Language } from '../../src/pipeline/signals/stack-trace.ts'
import { TEMPLATES } from '../pipeline/planning/shipped.ts'
import { describeWith } from '../support/needs.ts'

/** A program that asks the URL of its first argument as often as its second says, and prints what came of each time. */
interface Program {
  readonly language: Language
  readonly file: string
  readonly text: string
  readonly run: (file: string) => readonly [string, ...string[]]
  readonly exception: { readonly type: string; readonly message: string }
}

const PYTHON = `import sys
import urllib.request


def stock(url):
    with urllib.request.urlopen(url, timeout=5) as answer:  # asks
        return answer.status


for _ in range(int(sys.argv[2])):
    try:
        print(stock(sys.argv[1]))
    except OSError as error:
        print("failed:", error)
`

const script = (type: string) => `async function stock(url${type}) {
  const answer = await fetch(url); // asks
  return answer.status;
}

for (let left = Number(process.argv[3]); left > 0; left -= 1) {
  console.log(await stock(process.argv[2] ?? '').catch((error) => 'failed: ' + error.message));
}
`

const JAVA = `class Program {
    private static final java.net.http.HttpClient CLIENT = java.net.http.HttpClient.newHttpClient();

    static int stock(String url) throws Exception {
        var request = java.net.http.HttpRequest.newBuilder(java.net.URI.create(url)).build();
        return CLIENT.send(request, java.net.http.HttpResponse.BodyHandlers.discarding()).statusCode(); // asks
    }

    public static void main(String[] given) {
        for (int left = Integer.parseInt(given[1]); left > 0; left--) {
            try {
                System.out.println(stock(given[0]));
            } catch (Exception error) {
                System.out.println("failed: " + error.getMessage());
            }
        }
    }
}
`

const GO = `package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
)

func stock(url string) (int, error) {
	answer, err := http.Get(url) // asks
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	return answer.StatusCode, nil
}

func main() {
	times, _ := strconv.Atoi(os.Args[2])
	for left := times; left > 0; left-- {
		status, err := stock(os.Args[1])
		if err != nil {
			fmt.Println("failed:", err)
		} else {
			fmt.Println(status)
		}
	}
}
`

const fetchFailed = { type: 'TypeError', message: 'fetch failed' }
const PROGRAMS: readonly Program[] = [
  {
    language: 'python',
    file: 'program.py',
    text: PYTHON,
    run: (file) => ['python3', file],
    exception: { type: 'HTTPError', message: 'HTTP Error 503: Service Unavailable' },
  },
  {
    language: 'javascript',
    file: 'program.mjs',
    text: script(''),
    run: (file) => [process.execPath, file],
    exception: fetchFailed,
  },
  {
    language: 'typescript',
    file: 'program.mts',
    text: script(': string'),
    run: (file) => [process.execPath, file],
    exception: fetchFailed,
  },
  {
    language: 'java',
    file: 'Program.java',
    text: JAVA,
    run: (file) => ['java', file],
    exception: { type: 'java.net.SocketException', message: 'Connection reset' },
  },
  {
    language: 'go',
    file: 'program.go',
    text: GO,
    run: (file) => ['go', 'run', file],
    exception: { type: 'error', message: 'connection reset by peer' },
  },
]

/** `/unwell-2` answers 503 twice and is well from then on; other paths answer 404. Tells how often each was asked. */
function startUpstream(): Promise<{ server: Server; url: string; asked: Map<string, number> }> {
  const asked = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    const count = (asked.get(path) ?? 0) + 1
    asked.set(path, count)
    const unwell = /^\/unwell-(\d+)/.exec(path)?.[1]
    const status = unwell === undefined ? 404 : count <= Number(unwell) ? 503 : 200
    response.writeHead(status, { connection: 'close' }).end()
  })
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      resolve({ server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked })
    }),
  )
}

function repaired({ language, file, text, exception }: Program, category: string): string {
  const line = text.split('\n').findIndex((each) => each.includes('asks')) + 1
  const site = { language, path: file, text, line, column: null, exception }
  const fix = templateFixes(TEMPLATES, site).find(({ template }) => template.category === category)
  if (fix === undefined) throw new Error(`no ${category} template fits`)
  return fix.newText
}

describeWith(['python3', 'java', 'go'], 'what the templates for retry and circuit breaker write', () => {
  let upstream: Awaited<ReturnType<typeof startUpstream>>
  beforeAll(async () => {
    upstream = await startUpstream()
  })
  afterAll(() => upstream.server.close())

  /** Runs the repaired program; what it printed, and how often the upstream was asked. */
  async function outcome(program: Program, category: string, path: string, times: number) {
    const folder = mkdtempSync(join(tmpdir(), 'ccp-helpers-'))
    const file = join(folder, program.file)
    writeFileSync(file, repaired(program, category))
    const [command, ...args] = program.run(file)
    const { stdout } = await execa(command, [...args, upstream.url + path, String(times)])
    return { printed: stdout.split('\n'), asked: upstream.asked.get(path) ?? 0 }
  }

  it.each(PROGRAMS)('$language: a retry outlives two failures in a row', async (program) => {
    const { printed, asked } = await outcome(program, 'retry', `/unwell-2/${program.language}`, 1)
    expect({ printed, asked }).toEqual({ printed: ['200'], asked: 3 })
  })

  it.each(PROGRAMS)('$language: a retry gives up after three', async (program) => {
    const { printed, asked } = await outcome(program, 'retry', `/unwell-9/${program.language}`, 1)
    expect(asked).toBe(3)
    expect(printed[0]).toContain('503')
  })

  it.each(PROGRAMS)('$language: what the caller did wrong is not asked again', async (program) => {
    const { printed, asked } = await outcome(program, 'retry', `/missing/${program.language}`, 1)
    expect(asked).toBe(1)
    expect(printed[0]).toContain('404')
  })

  it.each(PROGRAMS)('$language: a breaker opens after five failures', async (program) => {
    const { printed, asked } = await outcome(program, 'circuit-breaker', `/unwell-99/${program.language}`, 7)
    expect(asked).toBe(5)
    expect(printed.slice(5)).toEqual(Array(2).fill(expect.stringContaining('failed 5 times in a row')))
  })

  it.each(PROGRAMS)('$language: a breaker stays shut where the host is well', async (program) => {
    const { asked } = await outcome(program, 'circuit-breaker', `/absent/${program.language}`, 7)
    expect(asked).toBe(7)
  })

  it('Go, as gofmt would have it', async () => {
    const program = PROGRAMS.find(({ language }) => language === 'go')
    if (program === undefined) throw new Error('no program in Go')
    for (const category of ['retry', 'circuit-breaker']) {
      const input = repaired(program, category)
      const { stdout } = await execa('gofmt', [], { input, stripFinalNewline: false })
      expect(stdout).toBe(input)
    }
  })
})
