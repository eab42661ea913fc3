import type { Replay } from './regression-test.ts'

export interface JavaTest {
  /** Null for the unnamed package. */
  readonly packageName: string | null
  readonly className: string
  /** Where the test stands, from the root of the repository. */
  readonly path: string
  /** `main`: run as a program, without a framework. */
  readonly framework: 'main' | 'junit4' | 'junit5'
}

/** A Java test that replays the request; Java 11 or later, nothing but the JDK and the framework. */
export function javaTest(replay: Replay, options: JavaTest): string {
  const { input } = replay
  const { framework, className } = options
  const hasBody = input.body !== null && input.body !== undefined
  const body = hasBody ? JSON.stringify(input.body, null, 2).split('\n') : []
  const testImport = { main: null, junit4: 'org.junit.Test', junit5: 'org.junit.jupiter.api.Test' }[framework]
  const imports = [
    ...IMPORTS,
    ...(testImport === null ? [] : [testImport]),
    ...(replay.upstreams.length > 0 ? STUB_IMPORTS : []),
    ...(replay.upstreamFailure === null ? [] : ['java.util.concurrent.atomic.AtomicInteger']),
  ]
  const entry =
    framework === 'main'
      ? '    public static void main(String[] arguments) throws Exception {'
      : '    @Test\n    public void theRequestIsAnsweredWithoutAServerError() throws Exception {'
  return `${options.packageName === null ? '' : `package ${options.packageName};\n\n`}${imports
    .toSorted()
    .map((name) => `import ${name};\n`)
    .join('')}
/** Replays the request that failed in incident ${comment(replay.incidentId)}, ${comment(replay.exception)}: it must be answered. */
public class ${className} {
    private static final String[] COMMAND = ${javaArray(replay.startCommand)};
    private static final String[] ENVIRONMENT = ${javaArray(Object.entries(replay.environment).flat())};
    private static final String[] UPSTREAMS = ${javaArray(replay.upstreams)};
    private static final String HEALTH_PATH = ${javaText(replay.healthPath)};
    private static final String METHOD = ${javaText(input.method)};
    private static final String PATH = ${javaText(input.path)};
    private static final String BODY = ${hasBody ? `String.join(\n            "\\n"${body.map((line) => `,\n            ${javaText(line)}`).join('')})` : '""'};

${entry}
${replay.upstreams.length > 0 ? withStub(replay) : WITHOUT_STUB}
    }

    private static void replay(String stub) throws Exception {
        // Another process may take the free port before the service does: then it is started once more.
        for (int attempt = 1; attempt <= 3; attempt++) {
            int port = freePort();
            Process service = start(stub, port);
            try {
                if (!isHealthy(service, port)) continue;
                int status = ask(port, METHOD, PATH, BODY);
                if (status >= 500) throw new AssertionError(METHOD + " " + PATH + " was answered with " + status);
                return;
            } finally {
                stop(service);
            }
        }
        throw new AssertionError("the service does not start");
    }

    private static Process start(String stub, int port) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(COMMAND).directory(root());
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        Map<String, String> environment = builder.environment();
        for (int i = 0; i < ENVIRONMENT.length; i += 2) environment.put(ENVIRONMENT[i], ENVIRONMENT[i + 1]);
        for (String upstream : UPSTREAMS) environment.put(upstream, stub);
        environment.put("PORT", String.valueOf(port));
        return builder.start();
    }

    /** The folder from which this file's path is the one in the repository. */
    private static File root() {
        File root = new File("").getAbsoluteFile();
        while (!new File(root, ${javaText(options.path)}).exists() && root.getParentFile() != null) root = root.getParentFile();
        return root;
    }

    /** The first start may have to compile the service. */
    private static boolean isHealthy(Process service, int port) throws Exception {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (service.isAlive() && System.nanoTime() < deadline) {
            try {
                if (ask(port, "GET", HEALTH_PATH, "") < 500) return service.isAlive();
            } catch (IOException notYet) {
                Thread.sleep(20);
            }
        }
        return false;
    }

    /** The status of the answer; a plain socket, because every method has to be possible. */
    private static int ask(int port, String method, String path, String body) throws IOException {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        String head = method + " " + path + " HTTP/1.1\\r\\nhost: 127.0.0.1:" + port + "\\r\\nconnection: close\\r\\n"
                + "content-type: application/json\\r\\ncontent-length: " + content.length + "\\r\\n\\r\\n";
        try (Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().write(content);
            String answer = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8)).readLine();
            if (answer == null) throw new IOException(method + " " + path + " was not answered");
            return Integer.parseInt(answer.split(" ")[1]);
        }
    }

    /** What the command started ends with it. */
    private static void stop(Process service) throws InterruptedException {
        ProcessHandle[] all = Stream.concat(service.descendants(), Stream.of(service.toHandle())).toArray(ProcessHandle[]::new);
        for (ProcessHandle each : all) each.destroy();
        if (!service.waitFor(500, TimeUnit.MILLISECONDS)) service.destroyForcibly().waitFor();
        for (ProcessHandle each : all) each.destroyForcibly();
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return probe.getLocalPort();
        }
    }
}
`
}

const IMPORTS = [
  'java.io.BufferedReader',
  'java.io.File',
  'java.io.IOException',
  'java.io.InputStreamReader',
  'java.net.InetAddress',
  'java.net.ServerSocket',
  'java.net.Socket',
  'java.nio.charset.StandardCharsets',
  'java.util.Map',
  'java.util.concurrent.TimeUnit',
  'java.util.stream.Stream',
]
const STUB_IMPORTS = ['com.sun.net.httpserver.HttpServer', 'java.net.InetSocketAddress']

const WITHOUT_STUB = '        replay("");'
/** Stands in for every service that this one calls. */
function withStub({ upstreamFailure }: Replay): string {
  // The JDK's client asks again by itself where a connection breaks before the head of an answer, and not after it.
  const [status, length] = upstreamFailure === 'broken connection' ? [200, 2] : [upstreamFailure ?? 0, -1]
  const first = `
            if (asked.getAndIncrement() == 0) {
                exchange.sendResponseHeaders(${status}, ${length});
                exchange.close();
                return;
            }`
  return `        // Stands in for every service that this one calls.
        HttpServer upstream = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);${
          upstreamFailure === null ? '' : '\n        AtomicInteger asked = new AtomicInteger();'
        }
        upstream.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();${upstreamFailure === null ? '' : first}
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write("{}".getBytes(StandardCharsets.UTF_8));
            exchange.close();
        });
        upstream.start();
        try {
            replay("http://127.0.0.1:" + upstream.getAddress().getPort());
        } finally {
            upstream.stop(0);
        }`
}

function javaArray(texts: readonly string[]): string {
  return `{${texts.map(javaText).join(', ')}}`
}

/** JSON's escapes are Java's; what is not ASCII is escaped, so that the file has one reading. */
function javaText(value: string): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function comment(value: string): string {
  return value.replace(/[^\w.:-]+/g, ' ').slice(0, 100)
}
