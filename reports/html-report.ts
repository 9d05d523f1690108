import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LabFailure } from '../src/units/index.ts';
import { ALLURE_CATEGORIES } from '../src/report/attribution.ts';
import type { RunSummary } from '../src/report/summary.ts';
import { packedPage } from './packed-page.ts';
import { CITATION_SCRIPT, writeSourcePages } from './source-pages.ts';
import { copyTimelines, linkTimelines } from './timelines.ts';

const run = promisify(execFile);

/** Maximum time for the report, in milliseconds. A thousand tests take 20 s on a busy machine. */
const LIMIT_MS = 600_000;
/** Maximum output of the generator, in bytes. */
const MAX_SAID = 16 * 1024 * 1024;

/** Why the generator ended, from its last line. */
function reasonOf(cause: unknown): string {
  const { killed, name, stderr } = cause as { killed?: boolean; name?: string; stderr?: string };
  if (name === 'AbortError') return 'it was interrupted';
  if (killed === true) return `it took more than ${LIMIT_MS / 1000} s`;
  const [said] = /^.*(?:Error|ENOSPC|EMFILE|ENOMEM).*$/m.exec(stderr ?? '') ?? [];
  return (said ?? (cause instanceof Error ? cause.message.split('\n', 1)[0]! : String(cause))).trim();
}

/** The HTML report could not be made. */
export class ReportFailed extends LabFailure {
  readonly blames = 'lab service';
}

/** Anything that would reach out of the page: none may remain. */
const OUTSIDE_SCRIPT = /<script\b[^>]*\bsrc=["']?(?:https?:)?\/\/[^>]*>\s*<\/script>/gi;
const ANALYTICS_BLOCK =
  /<script\b[^>]*>(?:(?!<\/script>)[\s\S])*?(?:gtag\(|googletagmanager)(?:(?!<\/script>)[\s\S]){0,2000}?<\/script>/gi;

/** What the reporter writes about the run as a whole. */
interface Globals {
  readonly attachments: readonly unknown[];
  readonly errors: readonly { readonly message?: string }[];
}

const SKIPPED = /\bError: Test is skipped: /;

/**
 * Builds `index.html` of the run's folder from its Allure results, and beside it the pages that citations lead to. They
 * need no server and no network.
 */
export async function buildHtmlReport(
  folder: string,
  summary: RunSummary,
  signal?: AbortSignal,
): Promise<string> {
  const results = join(folder, 'allure-results');
  if (!existsSync(results)) throw new ReportFailed(`There is nothing to report: ${results} does not exist.`);
  writeEnvironment(results, summary);
  removeSkips(results);
  const timelines = linkTimelines(results);
  const config = join(folder, 'allurerc.json');
  writeFileSync(config, JSON.stringify(configOf(folder, summary), undefined, 2));
  const cli = join(dirname(createRequire(import.meta.url).resolve('allure')), '..', 'cli.js');
  try {
    await run(
      process.execPath,
      [cli, 'generate', results, '--config', config, '--output', join(folder, 'html')],
      { timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: MAX_SAID, ...(signal && { signal }) },
    );
  } catch (cause) {
    throw new ReportFailed(`The HTML report could not be made of ${results}: ${reasonOf(cause)}.`, { cause });
  }
  const page = join(folder, 'html', 'index.html');
  removeAnalytics(join(folder, 'html'));
  openCitations(page);
  writeSourcePages(join(folder, 'html'));
  copyTimelines(results, join(folder, 'html'), timelines);
  writeFileSync(page, packedPage(readFileSync(page, 'utf8')));
  return page;
}

function configOf(folder: string, { verdict, rig, seed }: RunSummary): unknown {
  return {
    name: `h1-hil: ${verdict} on rig ${rig}, seed ${seed}`,
    output: join(folder, 'html'),
    categories: { rules: ALLURE_CATEGORIES },
    plugins: {
      awesome: {
        options: { singleFile: true, reportLanguage: 'en', groupBy: ['parentSuite', 'feature', 'story'] },
      },
    },
  };
}

/**
 * Removes the reporter's extra entries: it takes a test that was skipped before its beginning for an error of the
 * whole run as well.
 */
function removeSkips(results: string): void {
  for (const name of readdirSync(results)) {
    if (!name.endsWith('-globals.json')) continue;
    const file = join(results, name);
    const { attachments, errors } = JSON.parse(readFileSync(file, 'utf8')) as Globals;
    const real = errors.filter(({ message = '' }) => !SKIPPED.test(message));
    if (real.length === 0 && attachments.length === 0) rmSync(file);
    else writeFileSync(file, JSON.stringify({ attachments, errors: real }));
  }
}

function writeEnvironment(results: string, summary: RunSummary): void {
  const { rig, profiles, seed, commit, chip, digest = 'none' } = summary;
  const rows = { rig, chip, profiles: profiles.join(', '), seed, commit, digest };
  writeFileSync(
    join(results, 'environment.properties'),
    `${Object.entries(rows)
      .map(([name, value]) => `${name} = ${value}`)
      .join('\n')}\n`,
  );
}

/**
 * Removes the tracking script that the generator puts into every page. @throws ReportFailed when one would remain.
 */
function removeAnalytics(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.html')) continue;
    const file = join(folder, name);
    const clean = readFileSync(file, 'utf8').replace(OUTSIDE_SCRIPT, '').replace(ANALYTICS_BLOCK, '');
    if (/googletagmanager/.test(clean)) throw new ReportFailed(`${file} still has an analytics script.`);
    writeFileSync(file, clean);
  }
}

/** Makes links of the citations and timelines of the report that a reader can open. */
function openCitations(page: string): void {
  writeFileSync(page, readFileSync(page, 'utf8').replace('</head>', `${CITATION_SCRIPT}</head>`));
}
