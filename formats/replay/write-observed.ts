import {
  PROC_NUMBERS,
  VMA_NUMBERS,
  type Observed,
  type ObservedProcess,
  type ObservedStep,
  type ObservedVma,
} from '../../engine/program.ts'

/** An observables document as compact JSON, one step per line, keys in the order of the format, zeros left out. */
export function writeObserved(observed: Observed): string {
  const { format, program, kernel, steps } = observed
  const head = JSON.stringify({ format, program, kernel }).slice(0, -1)
  return `${head},"steps":[\n${steps.map(step => JSON.stringify(stepOf(step))).join(',\n')}]}\n`
}

function stepOf(step: ObservedStep): ObservedStep {
  const { op, pid, result, touched, minflt, majflt, sys, procs } = step
  return {
    op,
    pid,
    result,
    ...(touched === undefined ? {} : { touched }),
    minflt,
    majflt,
    sys: { Mlocked: sys.Mlocked, Unevictable: sys.Unevictable },
    procs: mapValues(procs, processOf),
  }
}

function processOf(process: ObservedProcess): ObservedProcess {
  const numbers = Object.fromEntries(PROC_NUMBERS.map(key => [key, process[key]]))
  const mapped = Object.entries(process.areas).filter(([, vmas]) => vmas.length > 0)
  const areas = Object.fromEntries(mapped.map(([area, vmas]) => [area, vmas.map(vmaOf)]))
  return { ...numbers, areas } as ObservedProcess
}

const numbersInOrder = ['fileOffset', ...VMA_NUMBERS.filter(key => key !== 'fileOffset')] as const

function vmaOf(vma: ObservedVma): ObservedVma {
  const { start, end, flags } = vma
  const result: ObservedVma = { start, end, flags }
  for (const key of numbersInOrder) if (vma[key] !== undefined && vma[key] !== 0) result[key] = vma[key]
  return result
}

const mapValues = <A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
