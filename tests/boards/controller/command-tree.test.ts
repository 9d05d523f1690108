import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { EmulatedController } from '../../../src/boards/emulated-controller/index.ts';

const PAGE = new URL('../../../docs/rig-controller.md', import.meta.url);

/** The headers of the page's table of commands: `A:B <x>`, `?` stands for both forms. */
function headersOfPage(): string[] {
  const [, table = ''] = readFileSync(PAGE, 'utf8').split('## Commands');
  return table
    .split('## How exact')[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => {
      const cell = line.split(/(?<!\\)\|/)[1]!;
      const written = [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);
      return written.map((text, i) =>
        text === '?' ? `${written[i - 1]!.split(' ')[0]!}?` : text.split(' ')[0]!,
      );
    });
}

test('the page has every command of the committed image, and no other', () => {
  const controller = new EmulatedController();
  let heard = '';
  controller.onByte = (byte) => (heard += String.fromCharCode(byte));
  controller.run(1000);
  controller.send('SYST:HELP:HEAD?\n');
  controller.run(200_000);
  const headers = heard.trimEnd().split(',');
  expect(headers).toContain('*IDN?');
  expect(headersOfPage().sort()).toEqual(headers.sort());
});

test('the page names the level of the committed image', () => {
  const controller = new EmulatedController();
  let heard = '';
  controller.onByte = (byte) => (heard += String.fromCharCode(byte));
  controller.run(1000);
  controller.send('SYST:PROT?\n');
  controller.run(20_000);
  expect(readFileSync(PAGE, 'utf8')).toContain(`level of this table: ${heard.trimEnd()}.`);
});
