import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import type { TpmExchange } from '../../src/trace/index.ts';
import { judgeTrace, openCapture, RULES, TraceDecoder } from '../../src/trace/index.ts';
import { makeSmallBoot, SMALL_BOOT } from './captures/small-boot.ts';

const capture = openCapture(fileURLToPath(SMALL_BOOT));

/** Frames 0 to 334 of [CHIP 10.2], those that the capture has, in the words of that table. */
const ACCESSES = [
  'read 0000 80',
  'write 0000 02',
  'read 0000 a0',
  'write 0018 40',
  'read 0018 c03f0004',
  'write 0024 80010000000c0000014500',
  'read 0018 c8',
  'write 0024 00',
  'read 0018 c0',
  'write 0018 20',
  'read 0018 c0',
  'read 0018 d00a0004',
  'read 0024 80010000000a00000000',
  'read 0018 80',
  'write 0018 40',
  'write 0000 20',
  'select 2 us',
  'read 0f00 ffffff01',
  'read 0f00 e01a2800',
  'write 0000 02',
  'read 0000 a0',
  'write 0f90 32',
  'read 0f90 42322d433a3020524f5f423a302e302e31312f34643635356561622052575f423a302e352e342f637235305f76312e393330',
  'write 0018 40000000',
  'read 0018 c03f0004',
  'write 0024 80010000000e20000000001803e8',
  'write 0018 20000000',
  'read 0018 d00d0004',
  'read 0024 80010000000d',
  'read 0018 d0070004',
  'read 0024 000000000018',
  'read 0018 d0010004',
  'read 0024 00',
  'read 0018 803f0004',
  'shortHeader 83d4',
];

test('the capture of our own making is what its generator makes', () => {
  expect(readFileSync(SMALL_BOOT)).toEqual(Buffer.from(makeSmallBoot()));
});

test('its frames are those of a real shut-down and boot, byte by byte', () => {
  const lines: string[] = [];
  const decoder = new TraceDecoder({
    access: ({ direction, register, data, sent, flawNames }) => {
      const hex = Buffer.from(data).toString('hex');
      lines.push(
        flawNames.length > 0
          ? `${flawNames.join(' ')} ${Buffer.from(sent).toString('hex')}`
          : `${direction} ${register.toString(16).padStart(4, '0')} ${hex}`,
      );
    },
    select: (fall, rise) => lines.push(`select ${(rise - fall) / 1000} us`),
  });
  capture.replay(decoder);
  decoder.end();
  expect(lines).toEqual(ACCESSES);
});

test('its commands have names, sizes and response codes, and the firmware version can be read', () => {
  const commands: TpmExchange[] = [];
  let version = '';
  const decoder = new TraceDecoder({
    command: (exchange) => commands.push(exchange),
    access: ({ register, direction, data }) => {
      if (register === 0xf90 && direction === 'read') version += Buffer.from(data).toString('latin1');
    },
  });
  capture.replay(decoder);
  decoder.end();
  expect(commands.map((one) => [one.describe(), one.describeResponse(), one.outcome])).toEqual([
    ['TPM2_Shutdown', 'TPM_RC_SUCCESS', 'answered'],
    ['TURN_UPDATE_ON', 'TPM_RC_SUCCESS', 'answered'],
  ]);
  expect(commands.map(({ command, response }) => [command.length, response.length])).toEqual([
    [12, 10],
    [14, 13],
  ]);
  // End of the tpmGo frame to the first read that shows dataAvail: a pulse, a frame of 66 us and two of its neighbours.
  expect(commands[0]?.latency).toBe(209_000 + 66_000 + 209_000);
  expect(version).toBe('B2-C:0 RO_B:0.0.11/4d655eab RW_B:0.5.4/cr50_v1.930');
});

test('the rules find the frame that is cut off, and nothing else: nobody recorded TPM_RST_L', () => {
  capture.replay(new TraceDecoder({}));
  const { violations, counts } = judgeTrace(capture, RULES, {
    resolution: capture.resolution,
    watched: capture.watched,
  });
  expect(violations.map(({ rule, seen }) => `${rule.id}: ${seen}`)).toEqual(['frame-whole: shortHeader']);
  expect([counts.get('expect-set')?.occasions, counts.get('expect-clear')?.occasions]).toEqual([1, 1]);
});
