/** Small readers of /proc for tests that compare a rule with the kernel they run on. */
import { readFileSync } from 'node:fs'

/** Whether the running kernel can be asked at all. */
export const onLinux = process.platform === 'linux'

/** `key: value kB` lines of /proc/meminfo or /proc/PID/status, and `key value` lines of /proc/vmstat. */
export function procNumbers(path: string): ReadonlyMap<string, number> {
  const lines = readFileSync(path, 'utf8').matchAll(/^(\S+?):?\s+(\d+)/gm)
  return new Map([...lines].map(([, key = '', value = '']) => [key, Number(value)]))
}

/** One number of /proc/sys, such as `vm/swappiness`. */
export function sysctl(name: string): number {
  return Number(readFileSync(`/proc/sys/${name}`, 'utf8').trim())
}

export interface ZoneInfo {
  readonly node: number
  readonly name: string
  readonly managedPages: number
  readonly minPages: number
  readonly lowPages: number
  readonly highPages: number
  readonly protection: readonly number[]
}

/** The zones of /proc/zoneinfo that have memory. */
export function zoneInfo(): readonly ZoneInfo[] {
  const text = readFileSync('/proc/zoneinfo', 'utf8')
  return text
    .split(/^Node /m)
    .slice(1)
    .map(block => {
      const number = (key: string): number =>
        Number(new RegExp(`^\\s+${key}\\s+(\\d+)$`, 'm').exec(block)?.[1] ?? 0)
      const [, node = '', name = ''] = /^(\d+), zone\s+(\S+)/.exec(block) ?? []
      const [, list = ''] = /protection: \(([^)]*)\)/.exec(block) ?? []
      return {
        node: Number(node),
        name,
        managedPages: number('managed'),
        minPages: number('min'),
        lowPages: number('low'),
        highPages: number('high'),
        protection: list.split(',').map(Number),
      }
    })
    .filter(zone => zone.managedPages > 0)
}
