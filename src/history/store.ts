import type { Kysely } from 'kysely';
import type { HealthFilter, HealthRecord } from './health.ts';
import { readHealth, readLastGood, writeHealth } from './health.ts';
import { RunUnclear } from './errors.ts';
import type { RunFilter, RunHead } from './read.ts';
import { readByName, readHeads, readWhole } from './read.ts';
import type { RunRecord } from './record.ts';
import type { LastOfJob } from './jobs.ts';
import { readJobs } from './jobs.ts';
import type { RigTrend, TestTrend, TrendFilter } from './trends.ts';
import { readRigs, readTests } from './trends.ts';
import type { NightFacts, NightRequest } from './night-facts.ts';
import { readNight } from './night-facts.ts';
import type { Tables } from './schema.ts';
import { writeRun } from './write.ts';

/** Runs an act on the database, and explains what goes wrong. */
type Explained = <T>(act: (db: Kysely<Tables>) => Promise<T>) => Promise<T>;

/** The results of all runs, in a database. */
export class History {
  constructor(
    private readonly db: Kysely<Tables>,
    /** The kind of the database. */
    readonly kind: 'SQLite' | 'PostgreSQL',
    private readonly explained: Explained,
  ) {}

  /**
   * Writes a run whole or not at all. When it returns, the run is on the disk.
   * @returns false when the run is there already; then nothing is changed
   * @throws HistoryUnusable
   */
  save(record: RunRecord): Promise<boolean> {
    return this.explained((db) => writeRun(db, record));
  }

  /** Runs, the newest first. @throws HistoryUnusable */
  runs(filter: RunFilter = {}): Promise<RunHead[]> {
    return this.explained((db) => readHeads(db, filter));
  }

  /**
   * The run that a word names: the beginning of its id, `latest`, or `latest~2` for the one two before it.
   * @throws RunUnclear when none fits, or several; HistoryUnusable
   */
  async head(word: string): Promise<RunHead> {
    const [, back] = /^latest(?:~(\d{1,6}))?$/.exec(word) ?? [];
    if (word.startsWith('latest') && (back !== undefined || word === 'latest')) {
      const at = Number(back ?? 0);
      const found = (await this.runs({ most: at + 1 }))[at];
      if (found !== undefined) return found;
      throw new RunUnclear(
        `The history has no run ${word}: it has fewer runs. h1-hil history runs lists them.`,
      );
    }
    const found = await this.explained((db) => readByName(db, word));
    if (found.length === 1) return found[0]!;
    throw new RunUnclear(
      found.length === 0
        ? `The history has no run whose id begins with ${word}. h1-hil history runs lists them; latest and latest~1 name the newest.`
        : `${found.length} runs have an id that begins with ${word}: write more of it, such as ${found[0]!.run.slice(0, word.length + 4)}.`,
    );
  }

  /** All that is known of a run. @throws HistoryUnusable */
  whole(head: RunHead): Promise<RunRecord> {
    return this.explained((db) => readWhole(db, head));
  }

  /** How each test went. @throws HistoryUnusable */
  tests(filter: TrendFilter): Promise<TestTrend[]> {
    return this.explained((db) => readTests(db, filter));
  }

  /** How each rig did. @throws HistoryUnusable */
  rigs(filter: TrendFilter): Promise<RigTrend[]> {
    return this.explained((db) => readRigs(db, filter));
  }

  /** What has to be known to say what is new in a night. @throws HistoryUnusable */
  night(request: NightRequest): Promise<NightFacts> {
    return this.explained((db) => readNight(db, request));
  }

  /** Says how a rig is from now on. @throws HistoryUnusable */
  setHealth(record: HealthRecord): Promise<void> {
    return this.explained((db) => writeHealth(db, record));
  }

  /** What was said last of each rig on each host. @throws HistoryUnusable */
  health(filter: HealthFilter = {}): Promise<HealthRecord[]> {
    return this.explained((db) => readHealth(db, filter));
  }

  /** The last time that a rig was good and somebody had looked at it. @throws HistoryUnusable */
  lastGood(rig: string, host: string): Promise<HealthRecord | undefined> {
    return this.explained((db) => readLastGood(db, rig, host));
  }

  /** When each job of a night last ran on each rig, and how long. @throws HistoryUnusable */
  jobs(): Promise<LastOfJob[]> {
    return this.explained(readJobs);
  }

  close(): Promise<void> {
    return this.db.destroy();
  }
}
