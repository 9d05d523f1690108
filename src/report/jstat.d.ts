declare module 'jstat' {
  /** The part of the library that is used here. */
  const jStat: {
    readonly beta: {
      cdf(value: number, alpha: number, beta: number): number;
      inv(probability: number, alpha: number, beta: number): number;
    };
    readonly normal: { cdf(value: number, mean: number, deviation: number): number };
    gammaln(value: number): number;
  };
  export = jStat;
}
