/** Huge pages of one size on the nodes of a host, and how changes are spread over them. */

/** What one node has; `surplus` are beyond nr_hugepages and go when they are freed. */
export interface HugetlbNode {
  readonly total: number
  readonly free: number
  readonly surplus: number
}

/** Adds `parts` pages to the nodes, free ones; removes them if negative. */
export function addPages(nodes: readonly HugetlbNode[], parts: readonly number[]): HugetlbNode[] {
  return nodes.map((node, at) => {
    const part = parts[at] ?? 0
    return { ...node, total: node.total + part, free: node.free + part }
  })
}

/** Moves `count` pages from own to surplus, or back if negative, the nodes taking turns. */
export function takeSurplus(nodes: readonly HugetlbNode[], count: number): HugetlbNode[] {
  const parts =
    count >= 0
      ? inTurns(
          count,
          nodes.map(node => node.total - node.surplus),
        )
      : inTurns(
          -count,
          nodes.map(node => node.surplus),
        ).map(part => -part)
  return nodes.map((node, at) => ({ ...node, surplus: node.surplus + (parts[at] ?? 0) }))
}

/** Spreads `count` over rooms, one each in turn; less if there is no room for all. */
export function inTurns(count: number, rooms: readonly number[]): number[] {
  const parts = rooms.map(() => 0)
  let left = Math.min(count, sumOf(rooms))
  while (left > 0) {
    const open = rooms.flatMap((room, at) => (room > (parts[at] ?? 0) ? [at] : []))
    const each = Math.max(1, Math.floor(left / open.length))
    for (const at of open) {
      const part = Math.min(each, left, (rooms[at] ?? 0) - (parts[at] ?? 0))
      parts[at] = (parts[at] ?? 0) + part
      left -= part
    }
  }
  return parts
}

/** Pages of all nodes. */
export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
