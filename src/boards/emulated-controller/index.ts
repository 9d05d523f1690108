export type { CableFault } from './cable.ts';
export { EmulatedBench } from './emulated-bench.ts';
export type { EmulatedBenchOptions } from './emulated-bench.ts';
export { EmulatedController } from './emulated-controller.ts';
export { parseHex } from './intel-hex.ts';
export { NoPseudoTerminal, PseudoTerminal } from './pseudo-terminal.ts';
