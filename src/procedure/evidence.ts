import { stringify } from 'yaml';
import { PROFILES } from '../driver/index.ts';
import type { Rig } from '../rig/index.ts';
import { simBoardSchema } from '../rig/index.ts';
import {
  NOTHING,
  renderJsonLines,
  renderTimeline,
  renderVcd,
  tee,
  TraceDigest,
  TraceRecorder,
} from '../trace/index.ts';
import type { TraceSource } from '../trace/index.ts';
import type { Instant } from '../units/index.ts';
import { hertz, later, ms } from '../units/index.ts';
import type { BundleTexts } from './bundle.ts';
import { driverRow } from './driver-row.ts';
import type { Finding } from './finding.ts';
import { signatureOf } from './finding.ts';
import { judge } from './judge.ts';
import { showProcedure } from './page.ts';
import { procedureText } from './procedure-text.ts';
import type { Procedure } from './schema.ts';
import type { Stages } from './stages.ts';

/** What the waves of a bundle hold at most: each byte becomes some 300 bytes of VCD. */
const WAVES = { events: 2048, bytes: 1 << 15 };
/** Bit rate at which waves are drawn, in hertz. */
const DRAWN_HZ = 1_000_000;
/** Number of frames that a picture shows before the first finding, and the time behind it. */
const PICTURED = 12;
const AFTER = ms(2);
const NO_PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><text y="20">No frame was seen.</text></svg>\n';

/** One play with what it left behind. */
export interface Shown {
  readonly findings: readonly Finding[];
  /** Digest of the whole trace: the same for the same play. */
  readonly digest: string;
  readonly trace: TraceSource;
  readonly waves: TraceSource;
  /** Of the journal of a test: everything that the test can have seen is as it was. */
  readonly isSameTest?: boolean;
  readonly ended: Instant;
}

/** Plays a procedure once and keeps its trace. */
export async function playShown(stages: Stages, procedure: Procedure): Promise<Shown> {
  const trace = new TraceRecorder();
  const waves = new TraceRecorder(WAVES);
  const digest = new TraceDigest();
  const played = await stages.play(procedure, tee(trace, waves, digest));
  return { findings: judge(played), digest: digest.hex(), trace, waves, ended: played.ended };
}

/** Where a bundle comes from. */
export interface Origin {
  /** The rig that was played on; undefined for the board of the procedure. */
  readonly rig?: Rig;
  /** Programs and their versions. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The texts of a bundle: the procedure, and what one play of it left. */
export function bundleTexts(procedure: Procedure, shown: Shown, { rig, versions }: Origin): BundleTexts {
  const { findings, digest } = shown;
  const fails = procedure.fails ?? (findings[0] && signatureOf(findings[0]));
  const kept: Procedure = { ...procedure, ...(fails !== undefined && { fails }) };
  const { description, board } = rigOf(procedure, rig);
  return {
    'bundle.json': json({
      format: 'h1-repro 1',
      ...(fails !== undefined && { fails }),
      findings: [...new Set(findings.map(signatureOf))].slice(0, 1000),
      digest,
      versions,
    }),
    'page.txt': showProcedure(kept, findings),
    'procedure.json': procedureText(kept),
    'rig.yaml': stringify({ description, board }),
    'numbers.json': json({ driver: numbersOfDriver(procedure.driver), board: numbersOf(board, rig) }),
    'trace.jsonl': renderJsonLines(shown.trace),
    'waves.vcd': renderVcd(shown.waves, { sck: hertz(DRAWN_HZ) }),
    'picture.svg': pictureOf(shown),
  };
}

/** The numbers of a row; of a driver from elsewhere, which is no row of ours, its name. */
const numbersOfDriver = (choice: Procedure['driver']): unknown =>
  PROFILES.has(choice.row) ? driverRow(choice) : { name: choice.row };

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** The rig that was played on, as a rig file writes it. */
const rigOf = ({ board = { kind: 'sim' } }: Procedure, rig: Rig | undefined) =>
  rig === undefined
    ? { description: 'The board that a procedure writes', board }
    : { description: rig.description, board: rig.board };

const numbersOf = (board: unknown, rig: Rig | undefined): unknown =>
  rig === undefined ? simBoardSchema.parse(board) : board;

/** The frames before the first finding, or the last ones when nothing was found. */
function pictureOf({ findings, trace, ended }: Shown): string {
  const [first] = findings;
  const at = first?.at ?? ended;
  const falls = fallsBefore(trace, at);
  const from = falls.at(-PICTURED) ?? falls[0];
  if (from === undefined) return NO_PICTURE;
  return renderTimeline(trace, {
    from,
    to: later(at, AFTER),
    ...(first && { title: signatureOf(first), notes: [{ at, text: first.id }] }),
  });
}

/** The moments at which CS_L fell, until `at`. */
function fallsBefore(trace: TraceSource, at: Instant): Instant[] {
  const falls: Instant[] = [];
  trace.replay({
    ...NOTHING,
    frame: ({ fall }) => {
      if (fall <= at) falls.push(fall);
    },
  });
  return falls;
}
