import { expect, test } from '@playwright/test';
import * as uapi from '../../../src/boards/linux/gpio-uapi.ts';

// Numbers and places as a C compiler gives them for Linux 6.1, include/uapi/linux/gpio.h, on x86-64.

test('requests have the numbers of the kernel', () => {
  expect([
    uapi.GPIO_GET_CHIPINFO,
    uapi.GPIO_V2_GET_LINEINFO,
    uapi.GPIO_V2_GET_LINE,
    uapi.GPIO_V2_LINE_GET_VALUES,
    uapi.GPIO_V2_LINE_SET_VALUES,
  ]).toEqual([0x8044b401, 0xc100b405, 0xc250b407, 0xc010b40e, 0xc010b40f]);
});

test('an input asks for logical rising edges, with room for 1024 of them', () => {
  const request = uapi.lineRequest(24, 'watch', false);
  expect(request.length).toBe(592);
  expect(request.readUInt32LE(0)).toBe(24);
  expect(request.toString('latin1', 256, 262)).toBe('h1-hil');
  // GPIO_V2_LINE_FLAG_ACTIVE_LOW, _INPUT, _EDGE_RISING
  expect(request.readBigUInt64LE(288)).toBe(0x16n);
  expect([request.readUInt32LE(560), request.readUInt32LE(564)]).toEqual([1, 1024]);
  expect(request.readUInt32LE(296)).toBe(0);
});

test('an output is not asserted from the moment it is one', () => {
  const request = uapi.lineRequest(23, 'push-pull', true);
  // GPIO_V2_LINE_FLAG_OUTPUT; one attribute, GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, value 0 of line 0
  expect(request.readBigUInt64LE(288)).toBe(0x8n);
  expect([request.readUInt32LE(296), request.readUInt32LE(320)]).toEqual([1, 2]);
  expect([request.readBigUInt64LE(328), request.readBigUInt64LE(336)]).toEqual([0n, 1n]);
});

test('an output that is open drain is asked for as such, and is let go from the start', () => {
  const request = uapi.lineRequest(25, 'open-drain', false);
  // GPIO_V2_LINE_FLAG_ACTIVE_LOW, _OUTPUT, _OPEN_DRAIN; value 0 of line 0 is not asserted: high, which is let go
  expect(request.readBigUInt64LE(288)).toBe(0x4an);
  expect([request.readBigUInt64LE(328), request.readBigUInt64LE(336)]).toEqual([0n, 1n]);
});

test('an event is its time and the number of the edge on its line', () => {
  const events = Buffer.alloc(2 * 48);
  events.writeBigUInt64LE(123_456_789_012n, 48);
  events.writeUInt32LE(9, 48 + 16);
  events.writeUInt32LE(7, 48 + 20);
  expect(uapi.readLineEvent(events, 48)).toEqual({ high: 28, low: 3_197_704_724, number: 7 });
});
