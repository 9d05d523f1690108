import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from '@playwright/test';
import { capabilitiesOf, controlsOf, Servod } from '../../../src/boards/instruments/index.ts';
import { switchPower } from '../../../src/boards/instruments/power-command.ts';
import { examineInstruments } from '../../../src/doctor/remote.ts';

/** How a server answers: a text with a status, nothing at all, or the end of the connection. */
type Answer = { readonly status?: number; readonly body: string } | 'silence' | 'cut';
type Answering = (path: string, body: string) => Answer;

interface Server {
  readonly port: number;
  /** What came, in order. */
  readonly asked: string[];
  answers: Answering;
}

const test = base.extend<{ server: Server; folder: string }>({
  server: async ({}, use) => {
    const held: Server = { port: 0, asked: [], answers: () => 'cut' };
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.once('end', () => {
        const answer = held.answers(request.url ?? '', body);
        if (answer === 'cut') request.socket.destroy();
        else if (answer !== 'silence') response.writeHead(answer.status ?? 200).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await use(Object.assign(held, { port: (server.address() as AddressInfo).port }));
    server.closeAllConnections();
    server.close();
  },

  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'h1-hil-power-'));
    await use(folder);
    rmSync(folder, { recursive: true });
  },
});

const valueIs = (value: string): string =>
  `<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>${value}</value>\n</param>\n</params>\n</methodResponse>\n`;
/** As Python's server of XML-RPC writes it. */
const faultOf = (text: string): string =>
  `<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n<value><int>1</int></value>\n</member>\n<member>\n<name>faultString</name>\n<value><string>${text}</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n`;

/** The calls that a servod heard, as `method(parameter, ...)`. */
const callOf = (body: string): string => {
  const texts = [...body.matchAll(/<string>(.*?)<\/string>/g)].map(([, text]) => text);
  return `${/<methodName>(\w+)</.exec(body)?.[1] ?? '?'}(${texts.join(', ')})`;
};

/** A servod with these controls, which keeps what is set. */
const servodWith =
  (controls: Map<string, string>, asked: string[]): Answering =>
  (_, body) => {
    const call = callOf(body);
    asked.push(call);
    const [, method, name = '', value] = /^(\w+)\((\w+)(?:, (\w+))?\)$/.exec(call) ?? [];
    const known = controls.get(name);
    if (known === undefined)
      return { body: faultOf(`&lt;class 'NameError'&gt;:No control named ${name}. All controls: none`) };
    if (method === 'get') return { body: valueIs(`<string>${known}</string>`) };
    controls.set(name, value ?? '');
    return { body: valueIs('<boolean>1</boolean>') };
  };

test('servod resets, opens and closes the lid, and switches the power of a device', async ({ server }) => {
  const controls = new Map(
    ['cold_reset', 'warm_reset', 'lid_open', 'power_state'].map((name) => [name, 'off']),
  );
  server.answers = servodWith(controls, server.asked);
  const device = controlsOf({ servod: { host: '127.0.0.1', port: server.port } });
  expect(capabilitiesOf(device)).toEqual(['device-reset', 'device-power', 'device-lid']);
  await device.coldReset!();
  await device.warmReset!();
  await device.lid!.close();
  await device.power!.off();
  expect(server.asked).toEqual([
    'set(cold_reset, on)',
    'set(cold_reset, off)',
    'set(warm_reset, on)',
    'set(warm_reset, off)',
    'set(lid_open, no)',
    'set(power_state, off)',
  ]);
});

test('a reset line is let go also when holding it has failed', async ({ server }) => {
  const asked: string[] = [];
  server.answers = (_, body) => {
    asked.push(callOf(body));
    return {
      body: asked.length === 1 ? faultOf('usb.core.USBError: no device') : valueIs('<boolean>1</boolean>'),
    };
  };
  const servod = new Servod({ host: '127.0.0.1', port: server.port });
  await expect(servod.pulse('cold_reset')).rejects.toThrow('refused: usb.core.USBError: no device.');
  expect(asked).toEqual(['set(cold_reset, on)', 'set(cold_reset, off)']);
});

const FAILURES: readonly (readonly [name: string, answer: Answer, said: string])[] = [
  ['is cut', 'cut', 'and socket hang up. See that it runs: dut-control -i.'],
  ['is slow', 'silence', 'and it did not answer within 0.3 s.'],
  ['has another status', { status: 500, body: 'oops' }, 'answered with HTTP status 500.'],
  ['sends no XML', { body: '{"value": 1}' }, 'sent what is no answer of XML-RPC: {"value": 1}.'],
  ['sends nothing', { body: '' }, 'sent what is no answer of XML-RPC'],
  [
    'sends half of an answer',
    { body: valueIs('<string>on').slice(0, 60) },
    'sent what is no answer of XML-RPC',
  ],
  ['sends an array', { body: valueIs('<array><data></data></array>') }, 'sent what is no answer of XML-RPC'],
  ['sends a number that is none', { body: valueIs('<int>many</int>') }, 'sent what is no answer of XML-RPC'],
  ['never ends', { body: 'x'.repeat(100_000) }, 'and it sent more than 65536 characters.'],
  ['sets nothing', { body: valueIs('<boolean>0</boolean>') }, 'and answered false, where true is right.'],
  [
    'has no such control',
    { body: faultOf('NameError:No control named lid_open') },
    'and has no such control. See dut-control -i | grep lid_open;',
  ],
];

for (const [name, answer, said] of FAILURES)
  test(`a servod that ${name} is a lab failure with what was asked, seen and what to do`, async ({
    server,
  }) => {
    server.answers = () => answer;
    const servod = new Servod({
      host: '127.0.0.1',
      port: server.port,
      limitMs: answer === 'silence' ? 300 : 5000,
    });
    const failure: unknown = await servod.set('lid_open', 'no').catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'InstrumentFailed', blames: 'rig' });
    expect(String(failure)).toContain(`servod at 127.0.0.1:${server.port} was asked to set lid_open to no, `);
    expect(String(failure)).toContain(said);
  });

test('a servod that is not there is told, by the doctor too', async ({ server }) => {
  server.answers = servodWith(new Map([['cold_reset', 'off']]), server.asked);
  const gone = { host: '127.0.0.1', port: 9 };
  await expect(new Servod(gone).get('lid_open')).rejects.toThrow('nobody listens there');
  const there = await examineInstruments({ servod: { host: '127.0.0.1', port: server.port } });
  expect(there.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['servod cold_reset', 'right'],
    ['servod warm_reset', 'wrong'],
    ['servod lid_open', 'wrong'],
  ]);
});

test('what stands beside a device that is gone says what it sees, and never fails', async ({ server }) => {
  server.answers = servodWith(new Map([['lid_open', 'yes']]), server.asked);
  const { witness } = controlsOf({
    servod: { host: '127.0.0.1', port: server.port },
    ping: 'no-such-host.invalid',
  });
  const [servo, ping] = await witness();
  expect(servo).toContain('has no such control');
  expect(ping).toMatch(/no-such-host\.invalid answers no ping|no program ping/);
});

test('pdudaemon is asked for a turn of a socket without delay; what it does not accept is told', async ({
  server,
}) => {
  const pdudaemon = { url: `http://127.0.0.1:${server.port}`, hostname: 'pdu 1', port: '3' };
  server.answers = (path) => {
    server.asked.push(path);
    return server.asked.length === 1
      ? { body: 'OK - accepted request\n' }
      : { status: 503, body: 'Invalid Request\n' };
  };
  await switchPower({ pdudaemon }, 'on');
  await expect(switchPower({ pdudaemon, limitMs: 1000 }, 'off')).rejects.toThrow(
    'was asked to switch the power off, and answered with HTTP status 503: Invalid Request.',
  );
  expect(server.asked).toEqual([
    '/power/control/on?hostname=pdu+1&port=3&delay=0',
    '/power/control/off?hostname=pdu+1&port=3&delay=0',
  ]);
});

test('uhubctl is called in its own form; a program that fails, hangs or is not there is told', async ({
  folder,
}) => {
  const log = join(folder, 'log');
  writeFileSync(join(folder, 'uhubctl'), `#!/bin/sh\necho "$@" >> ${log}\n`);
  chmodSync(join(folder, 'uhubctl'), 0o755);
  const before = process.env['PATH'];
  process.env['PATH'] = `${folder}:${before ?? ''}`;
  try {
    await switchPower({ uhubctl: { location: '1-1.4', port: 2 } }, 'off');
    await switchPower({ uhubctl: { port: 2 } }, 'on');
  } finally {
    process.env['PATH'] = before;
  }
  expect(readFileSync(log, 'utf8')).toBe('-l 1-1.4 -p 2 -a off\n-p 2 -a on\n');
  const means = { on: ['sh', '-c', 'echo no hub >&2; exit 3'], off: ['sleep', '5'], limitMs: 200 };
  await expect(switchPower(means, 'on')).rejects.toThrow(
    'The command sh -c echo no hub >&2; exit 3 was asked to switch the power on, and it ended with status 3: no hub. Try it by hand',
  );
  await expect(switchPower(means, 'off')).rejects.toThrow('and it had not ended within 0.2 s.');
  await expect(switchPower({ on: ['no-such-program'], off: ['true'] }, 'on')).rejects.toThrow(
    'and there is no such program.',
  );
});
