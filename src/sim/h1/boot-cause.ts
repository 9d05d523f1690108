/** Why the firmware starts. [CHIP 2, 6] */
export type BootCause = 'power' | 'deep-sleep' | 'hard-reset';
