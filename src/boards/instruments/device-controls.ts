import { execFile } from 'node:child_process';
import type { Capability, DeviceControls } from '../../board/index.ts';
import type { PowerMeans } from './power-command.ts';
import { switchPower } from './power-command.ts';
import type { ServodOptions } from './servod.ts';
import { Servod } from './servod.ts';

/** The instruments beside a device, as its rig file names them. */
export interface Instruments {
  readonly servod?: ServodOptions | undefined;
  readonly power?: PowerMeans | undefined;
  /** Name or address that the device answers pings at. */
  readonly ping?: string | undefined;
}

const PING_LIMIT_MS = 5_000;

/** What the instruments can do with the device. */
export function controlsOf({ servod, power, ping }: Instruments): DeviceControls {
  const servo = servod && new Servod(servod);
  return {
    ...(servo && {
      coldReset: () => servo.pulse('cold_reset'),
      warmReset: () => servo.pulse('warm_reset'),
      lid: { open: () => servo.set('lid_open', 'yes'), close: () => servo.set('lid_open', 'no') },
    }),
    ...(power
      ? { power: { on: () => switchPower(power, 'on'), off: () => switchPower(power, 'off') } }
      : servo && {
          power: {
            on: () => servo.set('power_state', 'on'),
            off: () => servo.set('power_state', 'off'),
          },
        }),
    witness: async () => [
      ...(servo === undefined ? [] : [await seenByServo(servo)]),
      ...(ping === undefined ? [] : [await seenByPing(ping)]),
    ],
  };
}

/** Which of the device's capabilities the instruments are. */
export const capabilitiesOf = ({ coldReset, power, lid }: DeviceControls): readonly Capability[] => [
  ...(coldReset === undefined ? [] : (['device-reset'] as const)),
  ...(power === undefined ? [] : (['device-power'] as const)),
  ...(lid === undefined ? [] : (['device-lid'] as const)),
];

async function seenByServo(servo: Servod): Promise<string> {
  try {
    const [voltage, lid] = [await servo.get('ec_system_powerstate'), await servo.get('lid_open')];
    return `${servo.name} sees power state ${String(voltage)} and lid_open ${String(lid)}.`;
  } catch (failure) {
    return failure instanceof Error ? failure.message : String(failure);
  }
}

/** One echo request, by the system's ping. */
const seenByPing = (host: string): Promise<string> =>
  new Promise((resolve) => {
    execFile('ping', ['-c', '1', '-W', '2', '--', host], { timeout: PING_LIMIT_MS }, (error) => {
      resolve(
        error === null
          ? `${host} answers a ping.`
          : error.code === 'ENOENT'
            ? 'There is no program ping here.'
            : `${host} answers no ping.`,
      );
    });
  });
