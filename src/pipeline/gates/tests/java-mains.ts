import { quoted } from './test-plan.ts'

/** Short-lived programs: what the optimising compiler and a concurrent collector cost at the start is never earned back. */
const JVM_OF_SHORT_RUNS = [
  '-XX:+IgnoreUnrecognizedVMOptions',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-XX:-UsePerfData',
]

/** Runs many main methods in one process, each with classes of its own, and writes down those that ended well. */
const RUNNER = `
import java.io.File;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.TimeZone;

public class CcpMains {
    private static volatile Throwable failure;

    public static void main(String[] names) throws Exception {
        List<URL> places = new ArrayList<>();
        for (String place : System.getProperty("java.class.path").split(File.pathSeparator, -1))
            places.add(new File(place.isEmpty() ? "." : place).toURI().toURL());
        InputStream in = System.in;
        PrintStream out = System.out;
        PrintStream err = System.err;
        Properties properties = (Properties) System.getProperties().clone();
        Locale locale = Locale.getDefault();
        TimeZone zone = TimeZone.getDefault();
        StringBuilder wells = new StringBuilder();
        for (String name : names) {
            URLClassLoader loader = new URLClassLoader(places.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
            loader.setDefaultAssertionStatus(true);
            if (endsWell(name, loader)) wells.append(name).append('\\n');
            System.setIn(in);
            System.setOut(out);
            System.setErr(err);
            System.setProperties((Properties) properties.clone());
            Locale.setDefault(locale);
            TimeZone.setDefault(zone);
        }
        Files.writeString(Path.of(System.getenv("TMPDIR"), "ended-well"), wells);
    }

    /** As a process of its own would: it goes on until the last thread that is no daemon has ended. */
    private static boolean endsWell(String name, ClassLoader loader) throws InterruptedException {
        failure = null;
        ThreadGroup group = new ThreadGroup(name);
        Thread main = new Thread(group, () -> run(name, loader), "main");
        main.setContextClassLoader(loader);
        main.start();
        main.join();
        for (Thread left = next(group); left != null; left = next(group)) left.join();
        if (failure != null) failure.printStackTrace();
        return failure == null;
    }

    private static Thread next(ThreadGroup group) {
        Thread[] threads = new Thread[group.activeCount() + 16];
        int count = group.enumerate(threads);
        for (int i = 0; i < count; i++) if (!threads[i].isDaemon()) return threads[i];
        return null;
    }

    private static void run(String name, ClassLoader loader) {
        try {
            Method method = Class.forName(name, true, loader).getDeclaredMethod("main", String[].class);
            method.setAccessible(true);
            method.invoke(null, (Object) new String[0]);
        } catch (Throwable thrown) {
            failure = thrown.getCause() == null ? thrown : thrown.getCause();
        }
    }
}
`

/**
 * Compiles everything and runs the main method of each test class with assertions on: an exit code of 0 is a pass. They
 * share one process, for starting one costs more than most tests. One that did not end well in it has its verdict from a
 * process of its own, so that nothing is held against it that others left behind; so have all of them where that process
 * did not come to a good end of its own. `alone` runs beside them, in its own process from the first.
 */
export function runMains(
  classes: readonly string[],
  { alone = null, isModular = false }: { readonly alone?: string | null; readonly isModular?: boolean } = {},
): readonly string[] {
  const tools = JVM_OF_SHORT_RUNS.map((option) => `-J${option}`).join(' ')
  // A named module takes no class of ours.
  const runner = isModular ? '' : '"$TMPDIR"/runner/CcpMains.java'
  const own = alone === null ? '' : quoted(alone)
  return [
    'sh',
    '-c',
    `mkdir -p "$TMPDIR"/classes "$TMPDIR"/runner && : > "$TMPDIR"/ended-well || exit 1
cat > "$TMPDIR"/runner/CcpMains.java <<'CCP-END'${RUNNER}CCP-END
libraries=$(find . -name '*.jar' | tr '\\n' ':')
find . -name '*.java' > "$TMPDIR"/sources
javac ${tools} -proc:none -nowarn -d "$TMPDIR"/classes -cp "$libraries." @"$TMPDIR"/sources ${runner} || exit 1
run() { java ${JVM_OF_SHORT_RUNS.join(' ')} -ea -cp "$TMPDIR/classes:$libraries" "$@"; }
for test in ${own}; do (run "$test" > "$TMPDIR"/alone 2>&1 && echo "$test" > "$TMPDIR"/alone-well) & done
set -- ${classes.map(quoted).join(' ')}
${isModular ? ':' : 'if [ $# -gt 0 ]; then run CcpMains "$@" || : > "$TMPDIR"/ended-well; fi'}
failed=0
told() { if [ "$1" = ok ]; then printf '\\nCCP-TEST ok %s\\n' "$2"; else failed=1; printf '\\nCCP-TEST failed %s\\n' "$2"; fi; }
for test in "$@"; do if grep -qxF "$test" "$TMPDIR"/ended-well || run "$test"; then told ok "$test"; else told failed "$test"; fi; done
wait
for test in ${own}; do cat "$TMPDIR"/alone; if [ -e "$TMPDIR"/alone-well ]; then told ok "$test"; else told failed "$test"; fi; done
exit $failed`,
  ]
}
