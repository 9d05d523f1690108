import { expect, test } from '@playwright/test';
import { run, Workplace } from './h1-hil.ts';

// No control character of a file reaches a terminal, whatever tells of it.

test.describe.configure({ timeout: 120_000 });

let place: Workplace;
test.beforeEach(() => {
  place = new Workplace();
});
test.afterEach(() => {
  place.remove();
});

const EVIL = '\u001b]0;owned\u0007\u009b2J';
const json = (...events: readonly object[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

const FILES: readonly { readonly what: string; readonly name: string; readonly text: string }[] = [
  {
    what: 'a mark and a log of a trace',
    name: 'a.jsonl',
    text: json({ kind: 'mark', text: EVIL, at: 1 }, { kind: 'log', text: EVIL, at: 2 }),
  },
  { what: 'a kind of event that does not exist', name: 'a.jsonl', text: json({ kind: EVIL, at: 1 }) },
  {
    what: 'a channel of a VCD',
    name: 'a.vcd',
    text: `$timescale 1 ns $end\n$var wire 1 ! ${EVIL} $end\n$enddefinitions $end\n#0\n0!\n#9\n1!\n`,
  },
  { what: 'a channel of a CSV', name: 'a.csv', text: `Time [s],${EVIL},b\n0,1,0\n1,0,1\n` },
  { what: 'a rate of a file of nobody knows what', name: EVIL.replaceAll('/', ''), text: EVIL },
];

for (const { what, name, text } of FILES)
  test(`decode tells of ${what} without its control characters`, async () => {
    const { stdout, stderr } = await run(['decode', place.write(name, text)]);
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    expect(stdout + stderr).not.toBe('');
  });
