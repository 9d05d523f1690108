import { TypeScriptStack } from './typescript-stack.ts';
import type { StackOptions } from './typescript-stack.ts';

export * from './chip-errors.ts';
export * from './commands/index.ts';
export * from './response-code.ts';
export type { PcrBank } from './pcr-banks.ts';
export type { HostDriver, StackCounters, SuspendKind, TpmStack } from './stack.ts';
export type { Inventory } from './start-up.ts';
export type { StackOptions } from './typescript-stack.ts';
export * from './update/index.ts';
export { TypeScriptStack } from './typescript-stack.ts';

/** A host driver over a board's parts, in the manner of a profile; probe it before anything else. */
export const createStack = (options: StackOptions): TypeScriptStack => new TypeScriptStack(options);
