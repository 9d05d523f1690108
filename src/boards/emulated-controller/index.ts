export type { CableFault } from './cable.ts';
export { EmulatedWiring } from './emulated-wiring.ts';
export type { EmulatedWiringOptions } from './emulated-wiring.ts';
export type { ControllerMemory } from './emulated-controller.ts';
export { emptyMemory, EmulatedController } from './emulated-controller.ts';
export { parseHex } from './intel-hex.ts';
export { NoPseudoTerminal, PseudoTerminal } from './pseudo-terminal.ts';
