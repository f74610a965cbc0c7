/** Plans of a size, for benchmarks. */
const STRATEGIES = ['none', 'mlock', 'mlock-onfault'] as const

/** So many different guests on a host that has room for them; they start together, or a second after one another. */
export function guests(count: number, everyS = 0): Record<string, unknown> {
  return {
    ...{ format: 'holdfast-plan/1', name: `${count} guests`, doc: '', machine: { preset: 'milan-1t' } },
    workloads: Array.from({ length: count }, (_, at) => ({
      ...{ name: `guest-${at}`, kind: 'qemu-guest', strategy: STRATEGIES[at % 3] },
      limits: { memlock: 'unlimited' },
      params: { ram: `${4 + (at % 9)} GiB` },
      start: `${at * everyS} s`,
    })),
  }
}
