export * from './commands/index.ts';
export * from './response-code.ts';
export * from './update/index.ts';
