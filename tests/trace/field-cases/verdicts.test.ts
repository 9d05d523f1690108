import { expect, test } from '@playwright/test';
import { bytesInMemory, openCapture, renderVcd } from '../../../src/trace/index.ts';
import { hertz } from '../../../src/units/index.ts';
import { framesAndCommands, HEALTHY, inputOf, judged, openInput, textOf, verdicts } from './cases.ts';

const LINE_RULES = [
  'pulse-per-frame',
  'no-pulse-for-empty-select',
  'pulse-delay',
  'pulse-width',
  'frame-after-pulse',
];

test('what nobody recorded is not judged: four wires say nothing about ready pulses', () => {
  expect(verdicts(openInput('06-four-wires-no-irq-channel/six-channels.vcd'))).toEqual({
    broken: [],
    refused: ['gap-without-pulse'],
  });
  const { broken, refused } = verdicts(openInput('06-four-wires-no-irq-channel/four-channels.vcd'));
  expect(broken).toEqual([]);
  expect(refused).toEqual([
    ...LINE_RULES,
    'gap-without-pulse',
    'access-stated',
    'reset-width',
    'no-frame-in-reset',
  ]);
});

test('a line whose level is x throughout is not judged, with that reason', () => {
  const text = Buffer.from(inputOf('06-four-wires-no-irq-channel/six-channels.vcd')).toString();
  const id = /\$var wire 1 (\S+) INT_AP_L/.exec(text)![1]!;
  const unknown = text
    .split('\n')
    .map((line) => (/^[01]/.test(line) && line.slice(1) === id ? `x${id}` : line))
    .join('\n');
  const { counts, refusals } = judged(openCapture(bytesInMemory(Buffer.from(unknown))));
  expect([...counts.values()].filter(({ violations }) => violations > 0)).toEqual([]);
  const reason = refusals.find(({ rule }) => rule.id === 'pulse-per-frame')?.reason;
  expect(reason).toBe('The level of INT_AP_L is x or z, or was not recorded.');
});

test('a VCD that is exported gives back the frames and commands of a fast bus in a long capture', () => {
  const capture = openInput('09-vcd-export-loses-bits/30MHz-1.2s.vcd');
  const vcd = renderVcd(capture, { sck: hertz(1e6) });
  expect(framesAndCommands(openCapture(bytesInMemory(Buffer.from(vcd))))).toBe(HEALTHY);
  expect(vcd).not.toContain('INT_AP_L $end');
});

test('a host that wrote the FIFO without a look at commandReady is told so, and nothing is held against a lucky one', () => {
  expect(verdicts(openInput('15-fifo-before-commandready/never-looked-but-lucky.vcd')).broken).toEqual([]);
  const { violations } = judged(openInput('15-fifo-before-commandready/never-looked.vcd'));
  expect(violations.map(({ rule }) => rule.id)).toEqual(['status-order']);
  expect(violations[0]?.seen).toBe(
    'tpmGo, after TPM_DATA_FIFO was written without commandReady seen and the chip ignored it, in idle',
  );
});

test('rules of the H1 are not applied to a chip of another maker, and those of every TPM are', () => {
  const { chip, refusals, counts } = judged(openInput('16-other-tpm-ready-in-header/no-wait-states.vcd'));
  expect(chip.describe()).toBe('Infineon, TPM_DID_VID vendor 0x15d1, device 0x001d');
  expect(refusals.find(({ rule }) => rule.id === 'header-not-ready')?.reason).toBe(
    'It is for an H1, and the chip is Infineon, TPM_DID_VID vendor 0x15d1, device 0x001d.',
  );
  expect(counts.get('frame-whole')).toMatchObject({ occasions: 12, violations: 0 });
  expect([...counts.values()].filter(({ violations }) => violations > 0)).toEqual([]);
});

test('only one frame after a reset can be answered with ones: of many in a row MISO does not move', () => {
  for (const name of ['11-miso-all-ones/ff-probe.vcd', '11-miso-all-ones/miso-high.vcd']) {
    const text = textOf(openInput(name));
    expect(text).toContain('MISO does not move: stuck high, open, or no chip answers');
    expect(text).not.toContain('first frame after a reset');
  }
});

test('CS that rises too early is said of the frames, whether behind the header or behind each word', () => {
  for (const name of ['after-the-header', 'after-each-word'])
    expect(textOf(openInput(`18-cs-rises-too-early/${name}.vcd`))).toMatch(
      /CS rose inside the header|the chip never said ready/,
    );
});

test('a vendor command without a subcommand is called so', () => {
  expect(framesAndCommands(openInput('24-short-vendor-command/short.vcd'))).toBe(
    '14 frames, vendor command without a subcommand',
  );
});
