import tseslint from 'typescript-eslint';

const SYNTAX = [
  { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Chance comes from the seed: src/sim/random.ts.',
  },
];

export default tseslint.config(
  { ignores: ['node_modules', 'reports/out', '**/*.cjs', '*.config.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Implementations of the board's asynchronous interfaces may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Indexing is checked by noUncheckedIndexedAccess; an assertion says that the index was proven.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      'no-restricted-syntax': ['error', ...SYNTAX],
    },
  },
  {
    // Time is a part of the board: only the boards read the host's clock.
    files: ['src/**/*.ts'],
    ignores: ['src/boards/**', 'src/cli/**', 'src/rig/**'],
    rules: {
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'performance'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now' },
        { object: 'performance', property: 'now' },
      ],
    },
  },
  {
    // What is measured by the time of day is wrong when somebody sets the clock.
    files: [
      'src/boards/**/*.ts',
      'src/cli/**/*.ts',
      'src/rig/**/*.ts',
      'reports/**/*.ts',
      'fixtures/**/*.ts',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'Date',
          property: 'now',
          message: 'Measure with performance.now(), which no clock setting moves.',
        },
      ],
    },
  },
  {
    // What was not seen is an expectation that was not met, and no error of the language.
    files: ['suites/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...SYNTAX,
        {
          selector: 'MemberExpression > TSNonNullExpression.object > MemberExpression[computed=true]',
          message: "Say first(list, 'what they are'), which fails as an expectation.",
        },
      ],
    },
  },
  {
    files: ['**/*-thread.js', '**/*-page.js', 'src/cli/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },
  { files: ['*.config.ts', '**/*.config.ts', '*.config.js'], rules: { 'no-restricted-syntax': 'off' } },
);
