/** Names that a script finds without importing them: the language's, Node's, the browsers' and the test runners'. */
const BROWSER =
  'window document navigator location history localStorage sessionStorage alert confirm prompt self top parent frames screen Image Audio Option Node Element HTMLElement HTMLInputElement HTMLFormElement HTMLCanvasElement HTMLButtonElement SVGElement DocumentFragment DOMParser XMLSerializer MutationObserver IntersectionObserver ResizeObserver requestAnimationFrame cancelAnimationFrame requestIdleCallback cancelIdleCallback getComputedStyle matchMedia XMLHttpRequest FileReader FileList Worker SharedWorker ServiceWorker EventSource customElements CustomEvent KeyboardEvent MouseEvent PointerEvent TouchEvent UIEvent InputEvent FocusEvent DragEvent ClipboardEvent indexedDB IDBKeyRange caches Notification speechSynthesis scrollTo scrollBy open close print postMessage addEventListener removeEventListener dispatchEvent visualViewport devicePixelRatio innerWidth innerHeight importScripts chrome browser $ jQuery google'
const TESTS =
  'describe it test expect beforeEach afterEach beforeAll afterAll before after suite setup teardown suiteSetup suiteTeardown jest vi vitest jasmine sinon chai assert context specify spyOn fail xit xdescribe fit fdescribe cy Cypress'
const COMMONJS = 'require module exports __dirname __filename'
const RUNTIMES = 'Deno Bun define globalThis React JSX'

const names = [
  ...Object.getOwnPropertyNames(globalThis),
  ...`${BROWSER} ${TESTS} ${COMMONJS} ${RUNTIMES}`.split(' '),
]

export const KNOWN_GLOBALS: Readonly<Record<string, 'writable'>> = Object.fromEntries(
  names.map((name) => [name, 'writable' as const]),
)
