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
  launcher: /src\/cli\/main\.ts run /,
  runner: /^\S*node .*@playwright\/test\/cli\.js test |^\S*node .*allure\/.*generate /,
  worker: /workerProcessEntry\.js/,
};

/**
 * Number for `process.kill` of one of a run; undefined when it is not there. The group is that of the runner, its worker and all
 * that they start. While the report is made, the one that makes it counts as the runner.
 */
export function targetOf(folder: string, who: Who): number | undefined {
  const found = processesOf(folder);
  const of = (one: Exclude<Who, 'group'>): number | undefined =>
    found.find(({ command }) => COMMANDS[one].test(command))?.pid;
  if (who !== 'group') return of(who);
  const runner = of('runner');
  if (runner === undefined) return undefined;
  const [, , group] = contentOf(runner, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  return group === undefined ? undefined : -Number(group);
}
