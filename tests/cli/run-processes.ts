import { readdirSync, readFileSync } from 'node:fs';

interface Found {
  readonly pid: number;
  readonly command: string;
}

function contentOf(pid: number, name: 'cmdline' | 'environ' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** Zombies are gone for everybody but the one who has to bury them. */
const isAlive = (pid: number): boolean =>
  !/^\d+ \(.*\) [ZX] /s.test(contentOf(pid, 'stat')) && contentOf(pid, 'stat') !== '';

/** All processes that know of the folder, by what they were started with: those of a run whose report goes there. */
export const processesOf = (folder: string): Found[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: contentOf(Number(name), 'cmdline').replaceAll('\0', ' ') }))
    .filter(
      ({ pid, command }) =>
        (command.includes(folder) || contentOf(pid, 'environ').includes(folder)) && isAlive(pid),
    )
    .filter(({ pid }) => pid !== process.pid);

/** Who of a run a signal goes to. */
export const WHO = ['launcher', 'runner', 'worker', 'group'] as const;
export type Who = (typeof WHO)[number];

const COMMANDS: Readonly<Record<Exclude<Who, 'group'>, RegExp>> = {
  launcher: /src\/cli\/start\.js run /,
  runner: /^\S*node .*@playwright\/test\/cli\.js test |^\S*node .*allure\/.*generate /,
  worker: /workerProcessEntry\.js/,
};

/** The numbers of its parent and of its group, in that order. */
function kinOf(pid: number): readonly number[] {
  const [, parent, group] = contentOf(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  return [Number(parent), Number(group)];
}

/**
 * Number for `process.kill` of one of a run; undefined when it is not there. The group is that of the runner, its worker and all
 * that they start. While the report is made, the one that makes it counts as the runner.
 */
export function targetOf(folder: string, who: Who): number | undefined {
  const command = COMMANDS[who === 'group' ? 'runner' : who];
  const found = processesOf(folder).filter((one) => command.test(one.command));
  // A child has the command line of its parent until it has begun its own program.
  const pid = found.map((one) => one.pid).find((one, _, all) => !all.includes(kinOf(one)[0]!));
  return who === 'group' && pid !== undefined ? -kinOf(pid)[1]! : pid;
}
