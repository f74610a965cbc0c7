import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { LiveResult } from '../../host/index.ts'
import { documentOf } from './live.ts'

const nobody = 65534

/** What a user without privileges gets; undefined where such a user cannot even start the test's program. */
function runAsNobody(): LiveResult | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  try {
    chmodSync(directory, 0o777)
    const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'run-plain.ts')], {
      uid: nobody,
      gid: nobody,
      cwd: directory,
      env: { TMPDIR: directory },
      encoding: 'utf8',
    })
    return status === 0 ? (JSON.parse(stdout) as LiveResult) : undefined
  } finally {
    rmSync(directory, { recursive: true })
  }
}

it.skipIf(process.platform !== 'linux' || process.geteuid?.() !== 0)(
  'without privileges a program runs too, and what only root can see is null (needs root, to give it up)',
  context => {
    const result = runAsNobody()
    if (result === undefined) return context.skip('user nobody cannot start this Node from this folder')
    const { steps } = documentOf(context, result)
    expect(result.ok && result.notes.join()).toContain('CAP_SYS_ADMIN')
    expect(steps.map(step => step.result)).toEqual([0, 0, 'ENOMEM'])
    expect(steps[1]).toMatchObject({ minflt: 2, sys: { Mlocked: null, Unevictable: null } })
    expect(steps[1]?.procs['p0']?.areas['a']?.[0]).toMatchObject({
      flags: 'rd wr lo ac',
      pgPresent: 2,
      pgMlocked: null,
    })
  },
)
