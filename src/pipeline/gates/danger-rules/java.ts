import { CODE, COMMAND, QUERY, OBJECT, PATH, TLS, MODE, ENVIRONMENT, rulesOf } from './danger-rule.ts'

/** Structures by which java lets input do harm. */
export const java = rulesOf([
  ['shell', 'injection', 'variable', COMMAND, 'Runtime.getRuntime().exec($$$A)', 'new ProcessBuilder($$$A)'],
  ['eval', 'injection', 'variable', CODE, '$E.eval($$$A)', 'Class.forName($$$A)', 'new GroovyShell($$$A)'],
  [
    'sql',
    'injection',
    'built',
    QUERY,
    '$S.executeQuery($$$A)',
    '$S.executeUpdate($$$A)',
    '$S.execute($$$A)',
    '$C.prepareStatement($$$A)',
    '$C.createNativeQuery($$$A)',
  ],
  ['deserialise', 'injection', 'always', OBJECT, 'new ObjectInputStream($$$A)', 'new XMLDecoder($$$A)'],
  [
    'path',
    'injection',
    'request',
    PATH,
    'new File($$$A)',
    'Paths.get($$$A)',
    'Path.of($$$A)',
    'new FileInputStream($$$A)',
    'Files.$F($$$A)',
  ],
  [
    'tls-off',
    'exposure',
    'always',
    TLS,
    'new NoopHostnameVerifier()',
    'NoopHostnameVerifier.INSTANCE',
    'new TrustAllStrategy()',
    'TrustAllStrategy.INSTANCE',
  ],
  [
    'world-writable',
    'exposure',
    'always',
    MODE,
    '$F.setWritable(true, false)',
    'PosixFilePermissions.fromString("rwxrwxrwx")',
  ],
  ['environment', 'exposure', 'always', ENVIRONMENT, 'System.getenv()'],
])
