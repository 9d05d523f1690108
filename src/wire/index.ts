export * from './header.ts';
export * from './pcr-selection.ts';
export * from './registers.ts';
export * from './response-malformed.ts';
export * from './tpm-constants.ts';
export * from './tpm-header.ts';
export * from './tpm-reader.ts';
export * from './tpm-writer.ts';
