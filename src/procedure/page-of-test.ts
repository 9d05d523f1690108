import type { Argument } from './calls.ts';
import type { ActOf, CallerAct } from './schema.ts';

type OfUser = 'probe' | 'remove' | 'command' | 'idle' | 'suspend' | 'driver-sleep' | 'fault' | 'clear-faults';
type TestAct = Exclude<CallerAct, { readonly act: OfUser }>;

/** Bytes with a space between each two, the first 24 of them. */
export const spaced = (bytes: string): string => {
  const pairs = bytes.match(/../g) ?? [];
  const shown = pairs.slice(0, 24).join(' ');
  return pairs.length > 24 ? `${shown} and ${pairs.length - 24} bytes more` : shown;
};

/** Shows an act that only the journal of a test has. */
export function showTestAct(act: TestAct): string {
  switch (act.act) {
    case 'call':
      return `call ${act.method}(${(act.with ?? []).map(showArgument).join(', ')}) of the driver`;
    case 'transaction':
      return `in one transaction${act.second === true ? ' of the other device' : ''}: ${act.steps.map(showStep).join(', ')}`;
    case 'hold-bus':
      return 'take the bus';
    case 'release-bus':
      return 'give the bus back';
    case 'line':
      return act.line === 'supply'
        ? `switch the supply ${act.on ? 'on' : 'off'}`
        : `${act.on ? 'assert' : 'deassert'} ${act.line}`;
    case 'platform':
      return act.to === 'suspend'
        ? `suspend the host ${act.kind === 'to-idle' ? 'to idle' : 'to memory'}`
        : `resume the host from ${act.kind === 'to-idle' ? 'idle' : 'memory'}`;
    case 'firmware':
      return `let the host firmware start the TPM with Startup(${act.type.toUpperCase()})`;
    case 'provoke':
      return `from here breaches are provoked: ${act.rules.join(', ') || 'of no rule'}`;
    case 'provoke-end':
      return 'until here breaches were provoked';
    case 'note':
      return `-- ${act.text}`;
  }
}

function showArgument(argument: Argument): string {
  if (Array.isArray(argument)) return `${argument.length} digests`;
  return typeof argument === 'object' ? spaced(argument.hex) || 'no bytes' : String(argument);
}

function showStep(step: ActOf<'transaction'>['steps'][number]): string {
  switch (step.kind) {
    case 'exchange':
    case 'write':
      return `${step.kind} ${spaced(step.bytes.hex)}`;
    case 'read':
      return `read ${step.size} bytes`;
    case 'delay':
      return `hold CS for ${step.durationUs} us`;
    case 'poll':
      return `poll until the byte and ${step.mask} is ${step.value}, at most ${step.limitUs} us`;
  }
}

/** Shows how one more driver is made. */
export function showMaking({ hooks, onTheWay, changes, ...options }: ActOf<'make-driver'>): string {
  const plain = Object.entries({ ...options, ...changes }).filter(([name]) => name !== 'act');
  const parts = [
    ...plain.map(([name, value]) => `${name} ${JSON.stringify(value)}`),
    ...Object.entries(hooks ?? {}).map(
      ([name, places]) => `at ${name} ${Object.keys(places ?? {}).length} times something else`,
    ),
    ...(onTheWay === undefined
      ? []
      : [
          `${Object.keys(onTheWay.frames).length} frames and ${Object.keys(onTheWay.pulses).length} wake pulses changed on their way`,
        ]),
  ];
  return parts.length === 0 ? 'make the driver' : `make a driver with ${parts.join(', ')}`;
}
