import { readFileSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import type { Command } from 'commander';
import { madeAgain, readPublicKey, verifyFolder } from '../../evidence/index.ts';
import { printableLines, UsageError } from '../../units/index.ts';
import { EXIT } from '../exit-code.ts';
import { RULE_SOURCES } from '../rule-sources.ts';
import { commitOf } from '../run-context.ts';
import { printJson } from '../print-json.ts';

interface VerifyOptions {
  readonly key: string;
  readonly json?: true;
}

const HELP = `
Nothing but the folder and the key is needed. The signature is checked; then every digest, the runs and the decision are made
again of the files in the folder, and each difference is named. That code is src/evidence/verify, which uses nothing else.
In a tree of the same commit what the policy's text asks for and the comparison with the last release are made again too.

Examples:
  h1-hil verify evidence --key release.pub.pem
  h1-hil verify evidence --key ~/.ssh/id_ed25519.pub --json

Exit codes: 0 the evidence holds, whatever it decides; 2 usage; 5 it does not hold.`;

/** `h1-hil verify`: whether a folder of evidence holds. */
export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('check a folder of evidence offline: signature, digests, decision')
    .argument('<folder>', 'the folder that h1-hil qualify wrote')
    .requiredOption('--key <file>', 'public key: Ed25519 as PEM, or a line of OpenSSH')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((folder: string, { key, json }: VerifyOptions) => {
      const checked = verifyFolder(folder, publicKey(key));
      const { statement } = checked;
      const again =
        statement === undefined
          ? { trouble: [], notes: [] }
          : madeAgain(folder, statement, { commit: commitOf(), rules: RULE_SOURCES });
      const trouble = [...checked.trouble, ...again.trouble];
      const decision = statement?.predicate.h1hil_qualification.decision;
      const holds = trouble.length === 0;
      const notes = again.notes.map((one) => `Note: ${one}.`);
      if (json === true) printJson({ holds, trouble, notes, decision });
      else if (holds)
        process.stdout.write(
          printableLines([`The evidence holds. It decides: ${decision!.verdict}.`, ...notes, ''].join('\n')),
        );
      else
        process.stdout.write(
          printableLines(['The evidence does not hold:', ...trouble.map((one) => `  ${one}`), ''].join('\n')),
        );
      process.exitCode = holds ? EXIT.pass : EXIT.invalidEvidence;
    });
}

/** @throws UsageError */
function publicKey(file: string): KeyObject {
  try {
    return readPublicKey(readFileSync(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`The key ${file} cannot be used: ${reason}.`, { cause });
  }
}
