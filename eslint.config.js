/**
 * Lint rules. The determinism contract (ARCHITECTURE.md) is enforced here for `protocols/` and `sim/`:
 * no wall clock, no global randomness, no timers, no `pow`, no module-level `let`, no unordered key walks.
 */
import tseslint from 'typescript-eslint';

const determinism = {
  'no-restricted-globals': [
    'error',
    ...[
      'Date',
      'performance',
      'setTimeout',
      'setInterval',
      'setImmediate',
      'queueMicrotask',
      'fetch',
    ].map((name) => ({
      name,
      message: 'A protocol or the simulator asks its host, never the machine.',
    })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: 'Use a named random stream.' },
    { object: 'crypto', property: 'randomBytes', message: 'Use a named random stream.' },
    ...[
      'pow',
      'exp',
      'log',
      'log2',
      'log10',
      'log1p',
      'expm1',
      'sin',
      'cos',
      'tan',
      'cbrt',
      'hypot',
    ].map((property) => ({
      object: 'Math',
      property,
      message: 'Last bits may differ between engines; use sim/random/elementary or integers.',
    })),
  ],
  'no-restricted-syntax': [
    'error',
    { selector: "BinaryExpression[operator='**']", message: '** differs between Node versions.' },
    {
      selector: 'ForInStatement',
      message: 'Object keys have no order we own; use arrays or Maps.',
    },
    {
      selector: 'Program > VariableDeclaration[kind="let"]',
      message: 'Module-level mutable state leaks from one run into the next.',
    },
    {
      selector: 'Program > ExportNamedDeclaration > VariableDeclaration[kind="let"]',
      message: 'Module-level mutable state leaks from one run into the next.',
    },
    {
      selector: "CallExpression[callee.property.name='sort'][arguments.length=0]",
      message: 'sort() without a comparator sorts numbers as text.',
    },
    { selector: 'AwaitExpression', message: 'Protocols and the engine are synchronous.' },
  ],
};

export default tseslint.config(
  { ignores: ['dist/**', 'runs/**', 'coverage/**', 'node_modules/**', 'test/fixtures/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
    },
  },
  { files: ['protocols/**/*.ts', 'sim/**/*.ts'], rules: determinism },
);
