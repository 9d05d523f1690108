/**
 * The import table of docs/architecture.md as rules: what each folder may import, type-only imports included.
 * A folder's own files are always allowed.
 */
const TABLE = {
  'src/units': [],
  'src/board': ['src/units'],
  'src/wire': ['src/units'],
  'src/sim': ['src/units'],
  'src/report': ['src/units'],
  'src/trace': ['src/units', 'src/wire'],
  'src/tis': ['src/units', 'src/board', 'src/wire'],
  'src/tpm': ['src/units', 'src/board', 'src/wire', 'src/tis'],
  'src/kernel': ['src/units', 'src/board', 'src/wire', 'src/tis', 'src/tpm'],
  'src/boards': ['src/units', 'src/board', 'src/sim', 'src/trace'],
  'src/rig': ['src/units', 'src/board', 'src/boards', 'src/sim'],
  'src/cli': [
    'src/units',
    'src/board',
    'src/boards',
    'src/kernel',
    'src/rig',
    'src/sim',
    'src/trace',
    'src/tis',
    'src/tpm',
    'src/wire',
    'reports',
  ],
  fixtures: [
    'src/units',
    'src/board',
    'src/boards',
    'src/kernel',
    'src/report',
    'src/rig',
    'src/tis',
    'src/tpm',
    'src/trace',
    'src/wire',
    'reports',
  ],
  suites: ['fixtures'],
  reports: ['src/units', 'src/report', 'src/rig'],
  bench: ['src', 'fixtures'],
  tests: ['src', 'fixtures', 'suites', 'reports', 'bench'],
};

const folder = (name) => `^${name}/`;
const NATIVE = {
  'spi-device': '^src/boards/linux/',
  onoff: '^src/boards/linux/',
  koffi: '^src/boards/linux/',
  serialport: '^src/rig/',
};

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...Object.entries(TABLE).map(([from, allowed]) => ({
      name: `imports-of-${from.replace('/', '-')}`,
      comment: `${from} may import ${allowed.join(', ') || 'nothing of the project'}`,
      severity: 'error',
      from: { path: folder(from) },
      to: {
        path: '^(src|fixtures|suites|reports|bench|tests)/',
        pathNot: [folder(from), ...allowed.map(folder)],
      },
    })),
    ...Object.entries(NATIVE).map(([name, home]) => ({
      name: `only-one-home-for-${name}`,
      severity: 'error',
      from: { pathNot: home },
      to: { path: `^node_modules/${name}/` },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^reports/out/' },
  },
};
