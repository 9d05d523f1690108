/** Runs `action` in rounds and answers the median time of one call in nanoseconds. The first round warms up. */
export async function medianNs(
  action: () => unknown,
  { rounds = 9, calls = 1000 }: { readonly rounds?: number; readonly calls?: number } = {},
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < calls; call++) await action();
    times.push(Number(process.hrtime.bigint() - start) / calls);
  }
  return median(times.slice(1));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
