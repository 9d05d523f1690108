import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import ts from 'typescript';
import { isBuilt } from '../is-built.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The file with the package's own types, and what is used of it. */
const PACKAGES = [
  { name: 'onoff', types: 'onoff.d.ts', parts: ['Gpio'] },
  { name: 'spi-device', types: 'spi-device.d.ts', parts: ['openSync'] },
  { name: 'serialport', types: 'dist/index.d.ts', parts: ['SerialPort'] },
  { name: 'koffi', types: 'index.d.ts', parts: ['load', 'errno', 'address'] },
] as const;

/** What the compiler says of a file that is not on the disk. */
function complaintsOf(text: string): string[] {
  const file = `${ROOT}src/boards/optional-packages.check.ts`;
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true },
    ...{ target: ts.ScriptTarget.ES2022, types: ['node'] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  };
  const host = ts.createCompilerHost(options);
  const disk = ts.createCompilerHost(options);
  host.fileExists = (name) => name === file || disk.fileExists(name);
  host.getSourceFile = (name, ...more) =>
    name === file ? ts.createSourceFile(name, text, more[0]) : disk.getSourceFile(name, ...more);
  const program = ts.createProgram([`${ROOT}src/boards/optional-packages.d.ts`, file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

const checkOf = (name: string, part: string, taken: string): string =>
  `export const ${part}: (typeof import('${name}'))['${part}'] = ${taken};`;

for (const { name, types, parts } of PACKAGES) {
  test(`the types of ${name} that are used here fit the package`, () => {
    test.skip(!isBuilt(name), `the package ${name} is not built here`);
    const checks = parts.map((part) => checkOf(name, part, `real.${part}`));
    const from = `import * as real from '${ROOT}node_modules/${name}/${types.replace('.d.ts', '.js')}';`;
    expect(complaintsOf([from, ...checks].join('\n'))).toEqual([]);
  });

  test(`types that ${name} has not are seen`, () => {
    expect(complaintsOf(checkOf(name, parts[0], '7'))).toEqual([
      expect.stringContaining('not assignable') as unknown,
    ]);
  });
}
