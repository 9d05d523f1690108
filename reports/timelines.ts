import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The name under which the fixtures attach the page of a trace. */
const TIMELINE = 'timeline.html';
const FOLDER = 'timelines';

interface Attachment {
  readonly name?: string;
  readonly source?: string;
}

/** What a result of Allure and each of its steps have in common. */
interface Step {
  readonly attachments?: readonly Attachment[];
  readonly steps?: readonly Step[];
}

interface Result extends Step {
  description?: string;
  descriptionHtml?: string;
}

const attachmentsOf = ({ attachments = [], steps = [] }: Step): readonly Attachment[] => [
  ...attachments,
  ...steps.flatMap(attachmentsOf),
];

/**
 * Puts a link to the page of its trace at the head of each test that has one, and returns the linked files. The link
 * is needed, since the report shows an attached page without its scripts.
 */
export function linkTimelines(results: string): readonly string[] {
  return readdirSync(results)
    .filter((name) => name.endsWith('-result.json'))
    .flatMap((name) => {
      const file = join(results, name);
      const result = JSON.parse(readFileSync(file, 'utf8')) as Result;
      const source = attachmentsOf(result).find((one) => one.name === TIMELINE)?.source;
      if (source === undefined || !/^[\w-]+\.html$/.test(source) || !existsSync(join(results, source)))
        return [];
      const href = `${FOLDER}/${source}`;
      if (result.descriptionHtml === undefined)
        result.description = `[The trace on a time axis](${href})\n\n${result.description ?? ''}`;
      else
        result.descriptionHtml = `<p><a href="${href}">The trace on a time axis</a></p>\n${result.descriptionHtml}`;
      writeFileSync(file, JSON.stringify(result));
      return [source];
    });
}

/** Puts the pages beside `index.html`, where the links lead. */
export function copyTimelines(results: string, html: string, sources: readonly string[]): void {
  if (sources.length > 0) mkdirSync(join(html, FOLDER), { recursive: true });
  for (const source of sources) copyFileSync(join(results, source), join(html, FOLDER, source));
}
