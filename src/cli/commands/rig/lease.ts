import type { Command } from 'commander';
import type { Standing } from '../../../rig/index.ts';
import { showStanding } from '../../../rig/index.ts';
import { printable } from '../../../units/index.ts';
import type { LeaseOptions } from '../../leases.ts';
import { checkedAsking, checkedWish, coordinatorOption, WISH_HELP, withLeases } from '../../leases.ts';
import { printJson } from '../../print-json.ts';
import { checkedSpan } from '../../run-request.ts';
import type { JsonOption } from './shown.ts';
import { examples } from './shown.ts';

type Options = JsonOption & LeaseOptions & { readonly for?: string; readonly from?: string };

const PLACE = ['<place>', 'the place, or the rig of this host'] as const;

/** `h1-hil rig who`, `reserve`, `acquire`, `extend` and `release`: who has which rig until when. */
export function addRigLease(rig: Command): void {
  const command: Maker = (name, description) =>
    rig.command(name).description(description).addOption(coordinatorOption()).option('--json', 'as JSON');
  addWho(command);
  addReserve(command);
  addAcquire(command);
  addExtend(command);
  addRelease(command);
}

/** A subcommand with the options that all of them have. */
type Maker = (name: string, description: string) => Command;

function addWho(command: Maker): void {
  command('who', 'list who has which rig, until when, and its tags')
    .addHelpText('after', examples('h1-hil rig who', 'h1-hil rig who --coordinator lab:20408 --json'))
    .action((options: Options) =>
      withLeases(options, async (leases) => {
        show(await leases.standings(), options);
      }),
    );
}

function addReserve(command: Maker): void {
  command('reserve', 'stand in the queue of a coordinator until a rig is free, and say which')
    .argument('<wish>', WISH_HELP)
    .option('--wait <time>', 'how long to stand there')
    .option('--priority <number>', 'who has more is served first; 0 without')
    .addHelpText(
      'after',
      `${examples("h1-hil rig reserve 'board=h1 firmware=0.5.4' --wait 30m --priority 5")}\n\nThe rig is kept free for a minute: h1-hil rig acquire takes it.`,
    )
    .action((wish: string, options: Options) =>
      withLeases({ ...options, rigs: [wish] }, async (leases) => {
        const place = await leases.reserve(checkedWish(wish), checkedAsking(options));
        if (options.json === true) printJson({ place });
        else process.stdout.write(`${printable(place)}\n`);
      }),
    );
}

function addAcquire(command: Maker): void {
  command('acquire', 'have a rig for yourself, whatever is run on it meanwhile')
    .argument('<wish>', WISH_HELP)
    .option('--for <time>', 'so long; it can be extended', '1h')
    .option('--wait <time>', 'wait so long while others have what fits')
    .option('--priority <number>', 'who has more is served first; 0 without')
    .addHelpText(
      'after',
      examples(
        'h1-hil rig acquire raspberry-pi --for 2h',
        "h1-hil rig acquire 'board=h1 health=good' --wait 10m",
      ),
    )
    .action((wish: string, options: Options) =>
      withLeases({ ...options, rigs: [wish] }, async (leases) => {
        const forMs = checkedSpan('--for', options.for ?? '');
        show([await leases.keep(checkedWish(wish), forMs, checkedAsking(options))], options);
      }),
    );
}

function addExtend(command: Maker): void {
  command('extend', 'a new end for a rig that you have')
    .argument(...PLACE)
    .option('--for <time>', 'so long from now', '1h')
    .addHelpText('after', examples('h1-hil rig extend raspberry-pi --for 2h'))
    .action((place: string, options: Options) =>
      withLeases({ ...options, rigs: [place] }, async (leases) => {
        show([await leases.extend(place, checkedSpan('--for', options.for ?? ''))], options);
      }),
    );
}

function addRelease(command: Maker): void {
  command('release', 'give back a rig that you have')
    .argument(...PLACE)
    .option('--from <holder>', 'take it from this holder, as h1-hil rig who names it')
    .addHelpText(
      'after',
      examples('h1-hil rig release raspberry-pi', "h1-hil rig release h1-1 --from 'lab/anna#1b2c'"),
    )
    .action((place: string, options: Options) =>
      withLeases({ ...options, rigs: [place] }, async (leases) => {
        await leases.release(place, options.from);
        if (options.json === true) printJson({ place });
        else process.stdout.write(`${printable(place)} is free.\n`);
      }),
    );
}

function show(standings: readonly Standing[], { json }: JsonOption): void {
  if (json === true) {
    printJson(standings);
    return;
  }
  for (const one of standings) {
    const tags = Object.entries(one.tags).map(([name, value]) => printable(`${name}=${value}`));
    process.stdout.write(`${[showStanding(one), ...tags].join('  ')}\n`);
  }
}
