import { PROGRAM_FORMAT, type Program } from '../../engine/program.ts'
import { Builder } from './random/builder.ts'
import { themes, type Theme, type ThemeName } from './random/themes.ts'

export const themeNames = Object.keys(themes) as ThemeName[]

export interface RandomOptions {
  /** The release the program is meant for, such as `6.18`: what it lacks is left out where a runner cannot say so. */
  readonly kernel: string
  /** One theme rather than one the seed chooses. */
  readonly theme?: ThemeName
}

/** A program of the replay format that a person might have written to find a mistake. The seed decides everything. */
export function randomProgram(seed: number, { kernel, theme }: RandomOptions): Program {
  const g = new Builder(seed, kernel)
  const name = theme ?? someTheme(g)
  fill(g, themes[name])
  return {
    format: PROGRAM_FORMAT,
    name: `random-${name}-${seed}`,
    doc: `${name}, chosen at random with seed ${seed}`,
    machine: g.machine,
    process: { rlimitMemlock: memlock(g), capIpcLock: g.capIpcLock },
    ...(Object.keys(g.files).length === 0 ? {} : { files: g.files }),
    ops: g.ops,
  }
}

function someTheme(g: Builder): ThemeName {
  const fitting = themeNames.filter(name => {
    const { fits }: Theme = themes[name]
    return fits?.(g) ?? true
  })
  return g.chance.weighted(fitting.map(name => [themes[name].weight, name] as const))
}

function fill(g: Builder, theme: Theme): void {
  const wanted = g.chance.weighted([
    [2, g.chance.int(5, 8)],
    [4, g.chance.int(7, 12)],
    [3, g.chance.int(10, 16)],
  ])
  // Most processes have little to do with privilege, but room enough not to notice.
  if (g.chance.yes(0.3)) g.capIpcLock = false
  theme.start(g)
  // An action that has nothing to act on adds nothing, so the tries are bounded apart.
  for (let tries = 0; g.ops.length < wanted && tries < 100; tries++) {
    // Who acts changes now and then: most things take two steps of one process.
    if (!g.live.includes(g.pid) || g.chance.yes(0.35)) g.pid = g.chance.pick(g.live)
    g.chance.weighted(theme.actions)(g)
  }
}

/** With the capability the number does not matter, except that the kernel must not look at it. */
function memlock(g: Builder): number | 'unlimited' {
  if (!g.capIpcLock) return g.limit
  return g.chance.weighted<number | 'unlimited'>([
    [6, 'unlimited'],
    [2, g.limit],
    [1, 65536],
    [1, 0],
  ])
}
