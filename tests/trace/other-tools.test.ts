import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { chromium, expect, test } from '@playwright/test';
import { checkRules, limited, PULSE_DELAY } from '../../src/trace/rules/index.ts';
import { renderHtml, renderPcapng, renderVcd } from '../../src/trace/index.ts';
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

test('sigrok-cli reads the exported VCD without a warning, and finds the same bytes', () => {
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
  const { stderr } = spawnSync('sigrok-cli', ['-l', '2', '-i', file, '-O', 'binary', '-o', '/dev/null'], {
    encoding: 'utf8',
  });
  expect(stderr, 'warnings of the reader').toBe('');
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

/** Opens a page in a browser, and answers what the browser complained of beside it. */
async function inBrowser(html: string, use: (page: Page) => Promise<void>): Promise<string[]> {
  const file = join(folder, 'timeline.html');
  writeFileSync(file, html);
  const executablePath = execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 600 } });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(`file://${file}`);
    await use(page);
    return complaints;
  } finally {
    await browser.close();
  }
}

test('a browser shows the page of a trace: the next breach, its frame, and a zoom by wheel, key and button', async () => {
  const skipped = skippedWithout('chromium', 'chromium');
  test.skip(skipped !== undefined, skipped);
  const good = sourceOf(goodTrace({ pulses: true, gapUs: 300 }));
  const violations = checkRules(good, [limited(PULSE_DELAY, { most: 39 })]).slice(0, 1);
  const complaints = await inBrowser(renderHtml(good, { violations }), async (page) => {
    const details = page.locator('#details');
    const span = page.locator('#window');
    const all = await span.textContent();
    await page.getByRole('button', { name: 'Next' }).click();
    await expect(details).toContainText('The ready pulse follows its frame');
    await expect(details).toContainText('was seen; allowed:');
    const near = await span.textContent();
    expect(near).not.toBe(all);
    const canvas = (await page.locator('canvas').boundingBox())!;
    const middle = canvas.x + 128 + (canvas.width - 128) / 2;
    await page.mouse.move(middle, canvas.y + 40);
    await page.mouse.wheel(0, -300);
    await expect(span).not.toHaveText(near!);
    // Somewhere below the middle stands a frame.
    for (let left = 0; left < 200; left += 4) await page.mouse.move(middle - left, canvas.y + 150);
    await expect(details).toContainText(/#\d+ (read|write) TPM_/);
    await page.keyboard.press('0');
    await expect(span).toHaveText(all!);
  });
  expect(complaints).toEqual([]);
});
