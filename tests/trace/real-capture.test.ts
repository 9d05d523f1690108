import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Access, TpmExchange } from '../../src/trace/index.ts';
import { judgeTrace, openCapture, RULES, TraceDecoder, TraceDigest } from '../../src/trace/index.ts';

/** Captures are no part of the project: they lie beside it, or beside a folder that holds it. */
function captureFolder(): string {
  for (let at = resolve(import.meta.dirname, '../..'); at !== dirname(at); at = dirname(at))
    if (existsSync(resolve(at, 'shared/captures'))) return resolve(at, 'shared/captures');
  return 'shared/captures';
}
const FOLDER = captureFolder();

/** The boot of a real Chromebook: its expected numbers are those of [CHIP 8] and [CHIP 10.2]. */
for (const file of ['bobba_boot.vcd', 'bobba_boot.sal'])
  test.describe(`capture of a real board, ${file}`, () => {
    const path = resolve(FOLDER, file);
    test.skip(!existsSync(path), 'The capture of a real board is not on this machine.');

    function decode(take: { access?: (access: Access) => void } = {}) {
      const seen = { selects: 0, strays: 0, commands: [] as TpmExchange[] };
      const capture = openCapture(path);
      const decoder = new TraceDecoder({
        select: () => seen.selects++,
        strayPulse: () => seen.strays++,
        command: (exchange) => seen.commands.push(exchange),
        access: (access) => take.access?.(access),
      });
      capture.replay(decoder);
      decoder.end();
      return { ...seen, frames: decoder.frames, capture };
    }

    test('382 frames with data and 51 CS assertions without a clock are found', () => {
      const { frames, selects, strays } = decode();
      expect([frames, selects, strays]).toEqual([382, 51, 0]);
    });

    test('the frames of the dossier are decoded byte by byte and microsecond by microsecond', () => {
      const lines: string[] = [];
      decode({
        access: (access) => {
          const bytes = Buffer.from(access.data).toString('hex');
          const [low, delay, width] = [access.rise - access.fall, access.pulseDelay, access.pulseWidth].map(
            (duration) => (duration / 1000).toFixed(1),
          );
          lines.push(`${access.direction} ${access.register.toString(16)} ${bytes} ${low} ${delay}/${width}`);
        },
      });
      expect(lines.slice(0, 3)).toEqual([
        'read 0 80 326.2 35.0/10.7',
        'write 0 02 319.7 57.6/9.7',
        'read 0 a0 184.9 32.8/11.9',
      ]);
      expect(lines[7]).toBe('write 24 80010000000c0000014500 253.2 73.6/8.9');
      // The first frame after the reset: the data are not valid. Two empty CS assertions came before it.
      expect(lines[28]).toBe('read f00 ffffff01 94.5 44.7/11.3');
      expect(lines[29]).toBe('read f00 e01a2800 140.7 39.7/10.9');
    });

    test('the firmware version is read by both stages of the boot', () => {
      const versions: string[] = [];
      decode({
        access: (access) => {
          if (access.register !== 0xf90) return;
          if (access.direction === 'write') versions.push('');
          else versions.push((versions.pop() ?? '') + Buffer.from(access.data).toString('latin1'));
        },
      });
      const version = 'B2-C:0 RO_B:0.0.11/4d655eab RW_B:0.5.4/cr50_v1.9308_87_mp.450-b5fdbf3c';
      expect(versions.map((text) => text.replace(/\0+$/, ''))).toEqual([version, version]);
    });

    test('the commands of the boot are found, with handles, response codes and latencies', () => {
      const { commands } = decode();
      expect(commands.map((one) => `${one.describe()} ${(one.latency / 1e6).toFixed(1)}`)).toEqual([
        'TPM2_Shutdown 35.8',
        'TPM2_Startup 30.1',
        'TPM2_NV_Read 0x4000000c 0x01001007 3.3',
        'COMMIT_NVMEM 43.1',
        'TPM2_NV_Write 0x4000000c 0x01001007 38.3',
        'TPM2_NV_Read 0x4000000c 0x01001007 4.5',
        'TPM2_PCR_Extend 0x00000000 3.3',
        'TPM2_PCR_Extend 0x00000001 3.3',
        'TPM2_NV_WriteLock 0x4000000c 0x01001007 38.2',
        'TPM2_NV_WriteLock 0x4000000c 0x0100100b 38.2',
        'TURN_UPDATE_ON 1.0',
        'TPM2_NV_Read 0x4000000c 0x01001008 3.7',
        'TPM2_NV_Read 0x4000000c 0x0100100a 2.4',
        'TPM2_HierarchyControl 0x4000000c 2.4',
      ]);
      expect(commands.map((one) => one.outcome)).toEqual(Array(14).fill('answered'));
      const refused = commands.filter((one) => one.responseCode !== 0);
      expect(refused.map((one) => one.describeResponse())).toEqual(['TPM_RC_HANDLE of handle 2']);
    });

    test('the rules report CS low through the reset of the host, and nothing else', () => {
      const capture = openCapture(path);
      capture.replay(new TraceDigest());
      const { violations, refusals } = judgeTrace(capture, RULES, {
        resolution: capture.resolution,
        watched: capture.watched,
      });
      // CS was low while the host was in reset. TPM_RST_L was not recorded: the frame answered with FF is the first after it. [CHIP 10.2]
      expect(violations.map(({ rule, seen }) => `${rule.id}: ${seen}`)).toEqual([
        'wake-pulse-width: 225.117 ms',
      ]);
      expect(refusals.map(({ rule }) => rule.id)).toEqual([
        'gap-without-pulse',
        'access-stated',
        'reset-width',
        'no-frame-in-reset',
      ]);
    });
  });

test('both files of the real capture hold the same trace, nanosecond by nanosecond', () => {
  test.skip(!existsSync(FOLDER), 'The capture of a real board is not on this machine.');
  const digests = ['bobba_boot.vcd', 'bobba_boot.sal'].map((file) => {
    const digest = new TraceDigest();
    openCapture(resolve(FOLDER, file)).replay(digest);
    return digest.hex();
  });
  expect(digests[0]).toBe(digests[1]);
});
