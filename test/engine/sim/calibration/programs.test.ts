import { describe, expect, it } from 'vitest'
import { KERNELS, kernelNamed } from '../../../../engine/kernels/releases.ts'
import {
  calibrationPrograms,
  FAMILIES,
  type MachineAsItIs,
} from '../../../../engine/sim/calibration/programs.ts'
import { workOfProgram } from '../../../../engine/sim/calibration/work.ts'
import { WORK_KINDS, type WorkKind } from '../../../../engine/work.ts'

const MIB = 2 ** 20
const sizes = [4 * MIB, 32 * MIB]
const machine: MachineAsItIs = {
  ...{ kernel: '6.18', ramBytes: 2 ** 34, shmem: 'never', zeroPage: true, faultAroundBytes: 65536 },
}
const programs = calibrationPrograms(sizes, machine)

it('every program can be run by the model of the kernel that it is for', () => {
  const refused = programs.filter(program => !workOfProgram(program, kernelNamed('6.18')!).ok)
  expect(refused.map(({ name }) => name)).toEqual([])
})

it('an older kernel has fewer programs, each left out with the call that it has not', () => {
  const left = programs.flatMap(program => {
    const modelled = workOfProgram(program, kernelNamed('4.3')!)
    return modelled.ok ? [] : [modelled.why]
  })
  expect(new Set(left)).toEqual(
    new Set(['madvise is EINVAL on this kernel', 'mlock2 is ENOSYS on this kernel']),
  )
  expect(left.length).toBeLessThan(programs.length)
})

it.each(KERNELS.map(({ name }) => name))('timed steps of Linux %s have work', name => {
  for (const program of programs) {
    const modelled = workOfProgram(program, kernelNamed(name)!)
    if (!modelled.ok) continue
    for (const step of modelled.work.steps) expect(step.flatMap(({ work }) => work).length).toBeGreaterThan(0)
  }
})

it('what is not measured are splits in the allocator, swap, pins, and disks that are written', () => {
  const kinds = new Set<WorkKind>()
  for (const program of programs) {
    const modelled = workOfProgram(program, kernelNamed('6.18')!)
    if (modelled.ok)
      for (const { work } of modelled.work.steps.flat()) for (const { kind } of work) kinds.add(kind)
  }
  expect(WORK_KINDS.filter(kind => !kinds.has(kind)).toSorted()).toEqual([
    'addFilePage',
    'allocBlock',
    'allocExtent',
    'copyPmd',
    'findVma',
    'makeWritable',
    'pageMkwrite',
    'pinPage',
    'readFilePage',
    'reserveBlock',
    'retryFault',
    'splitFolio',
    'swapInPage',
    'swapOutPage',
    'unpinPage',
  ])
})

describe('each program', () => {
  it('ends as it began: what it has mapped it unmaps', () => {
    for (const { program } of programs) {
      const maps = program.ops.filter(({ op }) => op === 'mmap').length
      expect(program.ops.filter(({ op }) => op === 'munmap').length, program.name).toBe(maps)
    }
  })

  it('has a name of its own, and so has each of its steps', () => {
    const names = programs.flatMap(({ name, timed }) => timed.map(step => `${name}: ${step.name}`))
    expect(new Set(names).size).toBe(names.length)
  })

  it('keeps files on disk small', () => {
    const large = calibrationPrograms([4 * MIB, 512 * MIB], machine).filter(({ need }) => need === 'disk')
    expect(large.length).toBeGreaterThan(0)
    expect(Math.max(...large.map(({ bytes }) => bytes))).toBeLessThanOrEqual(16 * MIB)
  })
})

it('families cover memory of each kind', () => {
  expect(new Set(FAMILIES.map(({ need }) => need))).toEqual(
    new Set(['small pages', 'huge pages', '64 KiB folios', 'hugetlb', 'disk']),
  )
})
