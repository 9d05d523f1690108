import { expect, test } from '@playwright/test';
import type { CaptureOptions } from '../../../src/trace/index.ts';
import { bytesInMemory, openCapture } from '../../../src/trace/index.ts';
import { findings, framesAndCommands, HEALTHY, inputOf, openInput } from './cases.ts';

const WIRING = '07-bad-wiring-decoded-in-silence';

/** A mistake in the set-up, what is said of it, and what mends it. */
const MENDED: readonly [file: string, options: CaptureOptions, says: RegExp, option: string][] = [
  ['cs-inverted', {}, /never while the clock ran.*CS is inverted.*29 of 29 frames/, '--invert cs'],
  ['clk-inverted', {}, /the clock is inverted, or the SPI mode is wrong.*29 of 29/, '--mode 2'],
  ['mosi-miso-swapped', {}, /MOSI and MISO are swapped.*29 of 29/, '--channel mosi=MISO miso=MOSI'],
  ['shared-bus', { channels: { cs: 'CS' } }, /CS is channel TPM_CS.*29 of 29/, '--channel cs=TPM_CS'],
];

for (const [file, options, says, option] of MENDED)
  test(`${file} is named, with what mends it, and what mends it does`, () => {
    const name = `${WIRING}/${file}.vcd`;
    const [finding, ...others] = findings(openInput(name, options), options);
    expect(others).toEqual([]);
    expect(finding?.text).toMatch(says);
    expect(finding?.option).toBe(option);
    expect(framesAndCommands(openInput(name, { ...options, ...finding?.fix }))).toBe(HEALTHY);
  });

/** Mistakes that no option mends. */
const NAMED: readonly [file: string, says: RegExp][] = [
  [`${WIRING}/cs-tied-low`, /CS is low throughout.*tied/],
  ['11-miso-all-ones/miso-high', /MISO is high in every bit of 29 of 29 frames/],
  ['11-miso-all-ones/ff-probe', /MISO is high in every bit of 9 of 9 frames/],
];

for (const [file, says] of NAMED)
  test(`${file} is named, and not mended`, () => {
    const [finding] = findings(openInput(`${file}.vcd`));
    expect(finding?.text).toMatch(says);
    expect(finding?.fix).toBeUndefined();
  });

for (const file of [
  `${WIRING}/shared-bus.vcd`,
  '06-four-wires-no-irq-channel/four-channels.vcd',
  '15-fifo-before-commandready/never-looked.vcd',
  '16-other-tpm-ready-in-header/no-wait-states.vcd',
  '18-cs-rises-too-early/after-each-word.vcd',
  '18-cs-rises-too-early/after-the-header.vcd',
  '24-short-vendor-command/short.vcd',
])
  test(`nothing is held against the set-up of ${file}`, () => {
    expect(findings(openInput(file))).toEqual([]);
  });

for (const [net, code] of [
  ['CLK', '"'],
  ['MOSI', '#'],
  ['MISO', '\\$'],
] as const)
  test(`of a ${net} whose level is x throughout it is said that nobody knows it`, () => {
    const healthy = Buffer.from(inputOf('06-four-wires-no-irq-channel/six-channels.vcd')).toString('latin1');
    const unknown = healthy.replaceAll(new RegExp(`^[01]${code}$`, 'gm'), `x${code.replace('\\', '')}`);
    const [finding, ...others] = findings(openCapture(bytesInMemory(Buffer.from(unknown))));
    expect(others).toEqual([]);
    expect(finding?.text).toMatch(
      new RegExp(`level of ${net} is not known anywhere: it is x or z throughout`),
    );
    expect(finding?.option).toBe(`--channel ${net.toLowerCase()}=NAME`);
  });
