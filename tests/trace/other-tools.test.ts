import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { renderPcapng, renderVcd } from '../../src/trace/index.ts';
import { hertz } from '../../src/units/index.ts';
import { skippedWithout } from '../programs.ts';
import { goodTrace, sourceOf } from './good-trace.ts';

// Programs that nobody here wrote read what is exported.

let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h1-hil-tools-'));
});
test.afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('sigrok-cli reads the exported VCD and finds the same bytes', () => {
  const skipped = skippedWithout('sigrok-cli', 'sigrok-cli');
  test.skip(skipped !== undefined, skipped);
  const frames = goodTrace({ pulses: true, gapUs: 300 })
    .filter((event) => event.kind === 'frame')
    .slice(1, 9);
  const file = join(folder, 'trace.vcd');
  writeFileSync(file, renderVcd(sourceOf(frames), { sck: hertz(1e6), unitNs: 100 }));
  const spi = 'spi:clk=CLK:mosi=MOSI:miso=MISO:cs=CS_L';
  const bytesOf = (wire: string): string =>
    execFileSync('sigrok-cli', ['-i', file, '-P', spi, '-A', `spi=${wire}-data`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split('\n')
      .map((line) => line.replace(/^spi-1: /, '').toLowerCase())
      .join('');
  const hex = (wire: 'sent' | 'received'): string =>
    frames.map((frame) => Buffer.from(frame[wire]).toString('hex')).join('');
  expect(bytesOf('mosi')).toBe(hex('sent'));
  expect(bytesOf('miso')).toBe(hex('received'));
});

test("tshark's TPM dissector names the commands and the response codes of the exported pcapng", () => {
  const skipped = skippedWithout('tshark', 'tshark');
  test.skip(skipped !== undefined, skipped);
  const file = join(folder, 'trace.pcapng');
  writeFileSync(file, renderPcapng(sourceOf(goodTrace({ pulses: true, gapUs: 300 }))));
  const fields = ['frame.time_delta', 'tpm.req.cc', '_ws.col.Info', 'frame.comment', 'frame.protocols'];
  const said = execFileSync(
    'tshark',
    ['-r', file, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const lines = said.trimEnd().split('\n');
  const cells = lines.map((line) => line.split('\t'));
  expect(cells.map(([, code]) => code)).toEqual(['0x00000145', '', '0x0000017e', '']);
  expect(cells.map(([, , info]) => info?.replace(/^.*\[/, '['))).toEqual([
    '[TPM Request], Command TPM2_CC_Shutdown, len(12)',
    '[TPM Response], Response Code TPM2 Success, len(10)',
    '[TPM Request], Command TPM2_CC_PCR_Read, len(10)',
    expect.stringMatching(/^\[TPM Response\], Response Code .*, len\(10\)$/),
  ]);
  expect(lines.map((line) => line.split('\t')[3])).toEqual([
    'TPM2_Shutdown',
    'TPM_RC_SUCCESS, dataAvail after 750 us',
    'TPM2_PCR_Read',
    'TPM_RC_COMMAND_SIZE, dataAvail after 900.75 ms',
  ]);
  for (const line of lines) expect(line.split('\t')[4]).toBe('ip:tcp:tpm');
});
