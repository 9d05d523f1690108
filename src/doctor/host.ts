import type { Rig } from '../rig/index.ts';
import type { Check } from './check.ts';
import { right, wrong } from './check.ts';
import { findProgram } from './programs.ts';
import { examineInstruments, examineReach } from './remote.ts';
import { examineLinuxHost, LinuxHost } from './linux-host.ts';

const LEAST_NODE = [20, 19] as const;

/** Looks at what the rig needs of this host, without opening anything. */
export async function examineHost({ board }: Rig, host = new LinuxHost()): Promise<Check[]> {
  const checks = [examineNode()];
  if (board.kind === 'sim' && board.controller !== undefined)
    checks.push(await examinePackage('avr8js'), await examinePackage('serialport'));
  if (board.kind === 'remote')
    return [...checks, ...examineReach(board, findProgram), ...(await examineInstruments(board.instruments))];
  if (board.kind !== 'linux') return checks;
  const { packagesOf } = await import('../boards/linux/index.ts');
  const packages = new Set(await packagesOf(board));
  if (board.controller !== undefined || board.console !== undefined) packages.add('serialport');
  const [whose, ...devices] = examineLinuxHost(board, host);
  checks.push(whose!);
  for (const name of packages) checks.push(await examinePackage(name));
  return [...checks, ...devices];
}

function examineNode(): Check {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return isNew
    ? right('Node', version)
    : wrong('Node', version, `Install Node ${LEAST_NODE.join('.')} or later.`);
}

async function examinePackage(name: string): Promise<Check> {
  try {
    await import(name);
    return right(`package ${name}`, 'it loads');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    return wrong(
      `package ${name}`,
      reason,
      'Install a compiler (sudo apt install g++ make python3), then run: npm ci',
    );
  }
}
