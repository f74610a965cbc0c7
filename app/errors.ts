/** What can go wrong in the application: every code once, with its sentence. Shells add their own advice. */
import type { Failure } from './contract.ts'

/** Each takes the names that its sentence needs. Facts, in a neutral voice. */
export const ERRORS = {
  'unknown-method': (method: string) => `There is no method ${shown(method)}.`,
  'bad-input': (method: string) => `What was asked of ${method} cannot be read.`,
  'no-plan': (id: string) => `There is no plan ${shown(id)}.`,
  'no-template': (id: string) => `There is no template ${shown(id)}.`,
  'no-machine': (id: string) => `There is no machine ${shown(id)}.`,
  'no-kernel': (id: string) => `There is no kernel ${shown(id)}.`,
  'no-change': (id: string) => `There is no change of the kernel ${shown(id)}.`,
  'no-backup': (name: string) => `There is no backup ${shown(name)}.`,
  'no-run': (id: string) =>
    `There is no run ${shown(id)}: it was never started, or a newer one took its place.`,
  'no-workload': (name: string) => `The plan has no workload ${shown(name)}.`,
  'no-metric': (id: string) => `There is no metric ${shown(id)}.`,
  'no-strategy': (id: string) => `There is no strategy ${shown(id)}.`,
  'no-target': (id: string) => `Configuration is not written for ${shown(id)}.`,
  'no-costs': (id: string) => `There is no cost table ${shown(id)}.`,
  conflict: (name: string) =>
    `The plan ${shown(name)} was changed elsewhere since it was read. This edit was not stored.`,
  'in-trash': (name: string) => `The plan ${shown(name)} is in the trash. It can be restored.`,
  'nothing-to-undo': (name: string) => `The plan ${shown(name)} has no earlier edit.`,
  'nothing-to-redo': (name: string) => `The plan ${shown(name)} has no later edit.`,
  'plan-has-mistakes': (name: string) => `The plan ${shown(name)} has mistakes and cannot be run.`,
  'machine-has-mistakes': () => 'The machine has mistakes and was not saved.',
  'preset-fixed': (id: string) => `The machine ${shown(id)} comes with the program. A copy can be changed.`,
  'bad-question': (message: string) => message,
  'no-format': (id: string) => `There is no export ${shown(id)}.`,
  'no-part': (id: string) => `The plan has no table or chart ${shown(id)}.`,
  'export-too-large': (most: string) => `The file is larger than ${most}. The command line writes it.`,
  'run-not-finished': (id: string) => `The run ${shown(id)} has no result.`,
  'too-many-runs': (most: string) => `${most} runs wait for a thread already. This one was not started.`,
  'run-broke': (message: string) => `The run ended with an error of the program: ${message}`,
  /** The running host cannot do it: why, and what a person can change about it. */
  'not-here': (sentence: string) => sentence,
  'no-measurement': (id: string) => `There is no measurement ${shown(id)}.`,
  'cannot-measure': (sentence: string) => sentence,
  cancelled: () => 'The work was cancelled.',
  superseded: () => 'A newer run of the same plan took its place.',
  closed: () => 'The application is being closed.',
  'not-allowed': (what: string) => `The request was refused: ${what}.`,
  'not-found': (place: string) => `There is nothing at ${shown(place)}.`,
  'wrong-way': (way: string) => `${shown(way)} is not how this can be asked for.`,
  'too-large': (most: string) => `The request is too large; at most ${most} are taken.`,
  'not-json': (what: string) => `The request is not JSON: ${what}.`,
  unreachable: (message: string) => `The application does not answer: ${message}`,
  'store-is-open': () => 'The store is open: nothing has to be done.',
  store: (sentence: string) => sentence,
  broken: (message: string) => `An error of the program: ${message}`,
} as const satisfies Readonly<Record<string, (of: string) => string>>

export type ErrorCode = keyof typeof ERRORS

/** Thrown by use cases, made a value by `call`. It is about what was asked: no stack is wanted. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly failure: Failure

  constructor(code: ErrorCode, of = '', issues?: Failure['issues']) {
    const failure = failureOf(code, of, issues)
    super(failure.sentence)
    this.failure = failure
  }
}

/** The plain value of an error. */
export function failureOf(code: ErrorCode, of = '', issues?: Failure['issues']): Failure {
  const sentence = ERRORS[code](of)
  return issues === undefined ? { code, sentence } : { code, sentence, issues }
}

/** A name that somebody sent: quoted, and never long. */
function shown(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name)
}
