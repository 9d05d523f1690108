/** Why the firmware starts: a hard reset was commanded, a crash was not. [CHIP 2, 6] [CHIP 6] */
export type BootCause = 'power' | 'deep-sleep' | 'hard-reset' | 'crash';
