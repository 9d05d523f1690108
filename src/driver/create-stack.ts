import { TypeScriptStack } from './typescript-stack.ts';
import type { StackOptions } from './typescript-stack.ts';

/** A host driver over a board's parts, in the manner of a profile; probe it before anything else. */
export const createStack = (options: StackOptions): TypeScriptStack => new TypeScriptStack(options);
