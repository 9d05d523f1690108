/** Tests of a suite, and points of the sweep. */
export const EACH = Array.from({ length: 1000 }, (_, index) => index);
