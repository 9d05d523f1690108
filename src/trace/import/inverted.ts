import type { Net } from './channels.ts';
import { NETS } from './channels.ts';
import type { LevelSink } from './spi-decoder.ts';

/** A sink that inverts the levels of these nets and passes them on. */
export function inverted(sink: LevelSink, nets: readonly Net[]): LevelSink {
  const mask = nets.reduce((bits, net) => bits | NETS[net], 0);
  if (mask === 0) return sink;
  const tables = new Map<Uint8Array, Uint8Array>();
  return {
    change: (levels, tick) => {
      sink.change(levels ^ mask, tick);
    },
    samples: (run, tick, table) => {
      let turned = tables.get(table);
      if (turned === undefined) {
        turned = table.map((levels) => levels ^ mask);
        tables.set(table, turned);
      }
      sink.samples(run, tick, turned);
    },
    end: (tick) => {
      sink.end(tick);
    },
  };
}
