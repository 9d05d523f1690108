export { SwtpmEngine } from './swtpm-engine.ts';
export type { SwtpmOptions } from './swtpm-process.ts';
