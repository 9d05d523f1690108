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
  'src/tpm': ['src/units', 'src/wire'],
  'src/driver': ['src/units', 'src/board', 'src/wire', 'src/tpm'],
  'src/kernel': ['src/units', 'src/board', 'src/wire', 'src/driver', 'src/tpm'],
  'src/report': ['src/units'],
  'src/host': ['src/units', 'src/board', 'src/wire', 'src/driver', 'src/tpm', 'src/trace'],
  'src/boards': ['src/units', 'src/board', 'src/sim', 'src/trace'],
  'src/rig': ['src/units', 'src/board', 'src/boards', 'src/sim'],
  'src/doctor': ['src/units', 'src/board', 'src/boards', 'src/rig'],
  'src/chip-protocol': ['src/units', 'src/boards', 'src/sim'],
  'src/parity': ['src/units', 'src/board', 'src/boards', 'src/kernel', 'src/driver', 'src/tpm', 'src/trace'],
  'src/score': ['src/units', 'src/driver'],
  'src/cli': [
    'src/units',
    'src/board',
    'src/boards',
    'src/kernel',
    'src/rig',
    'src/sim',
    'src/trace',
    'src/driver',
    'src/tpm',
    'src/wire',
    'src/report',
    'src/host',
    'src/doctor',
    'src/chip-protocol',
    'src/parity',
    'src/score',
    'reports',
    'fixtures/datasheets',
  ],
  'fixtures/datasheets': ['src/units'],
  fixtures: [
    'src/score',
    'src/host',
    'src/report',
    'src/units',
    'src/board',
    'src/boards',
    'src/kernel',
    'src/report',
    'src/rig',
    'src/driver',
    'src/tpm',
    'src/trace',
    'src/wire',
    'src/report',
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
  serialport: '^src/boards/controller/',
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
