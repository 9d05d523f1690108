import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from '@playwright/test';
import { Control } from '../../../src/boards/virtual-lab/control.ts';

/** A control line whose other end the test plays. */
const test = base.extend<{ ends: { readonly control: Control; readonly qemu: Socket } }>({
  ends: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-control-'));
    const path = join(folder, 'control');
    const server = createServer();
    const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const qemu = connect(path);
    const control = new Control(await connected, 2000);
    await use({ control, qemu });
    control.close();
    qemu.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  },
});

test('commands are answered in their order, greeting and events left out, lines cut anywhere', async ({
  ends: { control, qemu },
}) => {
  let asked = '';
  qemu.on('data', (bytes) => (asked += String(bytes)));
  const events: string[] = [];
  control.onEvent = (name) => events.push(name);
  const greeting = { version: { qemu: { micro: 22, minor: 2, major: 7 }, package: 'Debian 1:7.2' } };
  qemu.write(`${JSON.stringify({ QMP: greeting })}\r\n`);
  const answers = Promise.all([control.execute('qmp_capabilities'), control.execute('system_wakeup')]);
  qemu.write('{"return": {}}\r\n{"event": "SUSPEND"}\r\n{"error": {"class": "GenericError", "de');
  await expect.poll(() => asked).toBe('{"execute":"qmp_capabilities"}\n{"execute":"system_wakeup"}\n');
  qemu.write('sc": "guest is not in suspended state"}}\r\n');
  expect(await answers).toEqual([undefined, 'guest is not in suspended state']);
  expect([control.version, events]).toEqual(['7.2.22 (Debian 1:7.2)', ['SUSPEND']]);
});

test('a line that falls silent is a sentence, and so is every command after it', async ({
  ends: { control },
}) => {
  await expect(control.execute('system_wakeup')).rejects.toThrow(
    "The virtual lab's guest has not answered system_wakeup for 2 s.",
  );
  await expect(control.execute('system_wakeup')).rejects.toThrow('The guest of the virtual lab is gone');
});

test('a line that is closed ends what waits for an answer', async ({ ends: { control, qemu } }) => {
  const answer = control.execute('system_wakeup');
  qemu.end();
  await expect(answer).rejects.toThrow('The guest of the virtual lab is gone');
});
