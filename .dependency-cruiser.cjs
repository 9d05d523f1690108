const { optionalDependencies } = require('./package.json');

/** All of the library up to the rigs, for what stands above it. */
const LIBRARY = [
  'src/units',
  'src/board',
  'src/wire',
  'src/sim',
  'src/trace',
  'src/twin',
  'src/tpm',
  'src/driver',
  'src/kernel',
  'src/report',
  'src/host',
  'src/boards',
  'src/rig',
  'src/procedure',
];

/**
 * The import table of docs/architecture.md as rules: what each room may import, type-only imports included. A room's own
 * files are always allowed. The rooms are in the order of the floors: each imports only what stands before it.
 */
const TABLE = {
  'src/units': [],
  'src/board': ['src/units'],
  'src/wire': ['src/units'],
  'src/sim': ['src/units'],
  'src/trace': ['src/units', 'src/wire'],
  'src/report': ['src/units'],
  'src/history': ['src/units', 'src/report'],
  'src/twin': ['src/units', 'src/wire', 'src/sim', 'src/trace'],
  'src/tpm': ['src/units', 'src/wire'],
  'src/driver': ['src/units', 'src/board', 'src/wire', 'src/tpm'],
  'src/kernel': ['src/units', 'src/board', 'src/wire', 'src/tpm', 'src/driver'],
  'src/host': ['src/units', 'src/board', 'src/trace', 'src/tpm', 'src/driver'],
  'src/boards': ['src/units', 'src/board', 'src/sim', 'src/trace'],
  'src/rig': ['src/units', 'src/board', 'src/host', 'src/boards'],
  'src/procedure': [
    'src/units',
    'src/board',
    'src/trace',
    'src/twin',
    'src/tpm',
    'src/driver',
    'src/kernel',
    'src/report',
    'src/host',
    'src/boards',
    'src/rig',
  ],
  'src/doctor': ['src/units', 'src/board', 'src/host', 'src/boards', 'src/rig'],
  'src/chip-protocol': ['src/units', 'src/sim', 'src/boards'],
  'src/parity': [
    'src/units',
    'src/board',
    'src/trace',
    'src/driver',
    'src/kernel',
    'src/host',
    'src/boards',
    'src/procedure',
  ],
  'src/score': ['src/units', 'src/sim', 'src/driver', 'src/report'],
  reports: ['src/units', 'src/report', 'src/history', 'src/rig'],
  'fixtures/datasheets': ['src/units'],
  fixtures: [
    'src/units',
    'src/board',
    'src/wire',
    'src/trace',
    'src/twin',
    'src/tpm',
    'src/driver',
    'src/kernel',
    'src/report',
    'src/host',
    'src/boards',
    'src/rig',
    'src/procedure',
    'src/score',
  ],
  suites: ['fixtures'],
  'src/cli': [
    ...LIBRARY,
    'src/history',
    'src/doctor',
    'src/chip-protocol',
    'src/parity',
    'src/score',
    'reports',
    'fixtures/datasheets',
    'fixtures',
  ],
  'playwright.config.ts': ['src/rig', 'fixtures'],
  bench: [...LIBRARY, 'src/history', 'fixtures'],
  tests: [
    ...LIBRARY,
    'src/history',
    'src/doctor',
    'src/chip-protocol',
    'src/parity',
    'src/score',
    'reports',
    'fixtures',
    'suites',
    'src/cli',
    'bench',
  ],
};

const folder = (name) => (name.endsWith('.ts') ? `^${name}$` : `^${name}/`);
const NATIVE = {
  'spi-device': '^src/boards/linux/',
  onoff: '^src/boards/linux/',
  koffi: '^src/boards/linux/',
  serialport: '^src/boards/controller/',
  libsql: '^(src|tests)/history/',
};

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolved',
      comment: 'A machine without a compiler leaves the optional packages out.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: `^(${Object.keys(optionalDependencies).join('|')})$` },
    },
    ...Object.entries(TABLE).map(([from, allowed]) => ({
      name: `imports-of-${from.replace('/', '-')}`,
      comment: `${from} may import ${allowed.join(', ') || 'nothing of the project'}`,
      severity: 'error',
      from: { path: folder(from) },
      to: {
        path: '^(src|fixtures|suites|reports|bench|tests)/|^playwright',
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
