/** Measures the host that the program runs on, and keeps what comes of it as a cost table. */
import { hostname, release } from 'node:os'
import type { KernelProfile } from '../../engine/kernels/releases.ts'
import { kernelNamed } from '../../engine/kernels/releases.ts'
import type { KernelChoice } from '../../engine/scenario.ts'
import type { TableNames } from '../../engine/sim/calibration/fit.ts'
import { calibrateOnThread } from '../../host/calibration/on-thread.ts'
import type { Calibrated, CalibrationTask } from '../../host/calibration/worker.ts'
import { hostReader } from '../../host/probe/reader.ts'
import { lastCacheBytes } from '../../host/probe/probe.ts'
import { tryFeatures } from '../../host/probe/features.ts'
import { CannotRun, type LiveRefusal } from '../../host/refusal.ts'
import { knownRelease } from '../../formats/import/kernel-release.ts'
import manifest from '../../package.json' with { type: 'json' }
import type { CallOptions, Input, Output } from '../contract.ts'
import { AppError } from '../errors.ts'
import type { Tell } from '../events.ts'
import type { Store } from '../store.ts'
import { kernelChoiceOf } from './kernel-choice.ts'

const TIME_S = 120
const SHARE = 0.25

/** How it is measured; tests have another way. */
export type Measure = (
  task: Omit<CalibrationTask, 'ended'>,
  options: Parameters<typeof calibrateOnThread>[1],
) => Promise<Calibrated | LiveRefusal | null>

export interface CalibrationsWith {
  readonly store: Store
  readonly tell: Tell
  readonly now: () => number
  readonly measure?: Measure
}

export class Calibrations {
  readonly #with: CalibrationsWith
  readonly #closing = new AbortController()
  #going: Promise<unknown> = Promise.resolve()

  constructor(using: CalibrationsWith) {
    this.#with = using
  }

  async run(
    { machineId, timeS = TIME_S, share = SHARE, title }: Input<'machines.calibrate'>,
    { signal, onProgress }: CallOptions,
  ): Promise<Output<'machines.calibrate'>> {
    const { store, now, measure = calibrateOnThread } = this.#with
    if (machineId !== undefined && store.machines.get(machineId) === null)
      throw new AppError('no-machine', machineId)
    const kernel = kernelHere()
    const atMs = now()
    const names = namesOf(atMs, title)
    const ended = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])])
    const cacheBytes = lastCacheBytes(hostReader())
    const going = measure(
      { names, timeS, share, cacheBytes, kernel: profileOf(kernel) },
      {
        signal: ended,
        onProgress: (elapsedMs, ofMs) => onProgress?.({ done: Math.round(elapsedMs), of: ofMs }),
      },
    )
    this.#going = going.catch(() => undefined)
    const outcome = await going
    if (outcome === null) throw new AppError('cancelled')
    if (!outcome.ok) throw new AppError('not-here', outcome.sentence)
    const { fit, measured } = outcome
    this.#keep(fit.table, names.source, machineId)
    const { sizes, ...facts } = measured
    return {
      ...facts,
      ...{ kernel, atMs, machine: hostname(), release: release(), sizes: [...sizes] },
      skipped: measured.skipped.map(({ what, why }) => ({ what: [...what], why })),
      disturbances: [...measured.disturbances],
      ...{ table: fit.table, rows: fit.rows, heldOut: fit.heldOut, fittedOn: fit.fittedOn },
      ...{ slowness: fit.slowness, unmeasured: [...fit.unmeasured] },
    }
  }

  /** Ends what is going on, and waits until it has put everything back. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#going
  }

  /** The table, and where a saved machine was named, that it has these costs from now on. */
  #keep(table: Calibrated['fit']['table'], source: string, machineId: string | undefined): void {
    const { store, tell } = this.#with
    store.costs.save({ table, source, program: manifest.version, machineId: machineId ?? null })
    tell({ event: 'store.changed', what: 'costs' })
    const saved = machineId === undefined ? null : store.machines.get(machineId)
    if (saved === null || machineId === undefined) return
    const { machine, kernel, origin, note } = saved
    store.machines.save(machineId, { kernel, origin, note, machine: { ...machine, costs: table.id } })
    tell({ event: 'store.changed', what: 'machines' })
  }
}

/** The kernel that runs here, as a probe has it. */
function kernelHere(): KernelChoice {
  try {
    const known = knownRelease(release())
    if (known === undefined) throw new AppError('not-here', `Linux ${release()} is not known.`)
    return kernelChoiceOf(known, tryFeatures().findings).kernel
  } catch (error) {
    if (error instanceof CannotRun) throw new AppError('not-here', error.message)
    throw error
  }
}

function profileOf({ name, plus, minus }: KernelChoice): KernelProfile & { readonly name: string } {
  const offered = kernelNamed(name)
  if (offered === undefined) throw new Error(`no kernel ${name}`)
  return {
    name,
    release: offered.release,
    plus: [...(offered.plus ?? []).filter(id => !minus.includes(id)), ...plus],
    minus: [...(offered.minus ?? []).filter(id => !plus.includes(id)), ...minus],
  }
}

/** `vm-20261128-1731`: unique enough for one machine, and fit for a path and a command line. */
function namesOf(atMs: number, title: string | undefined): TableNames {
  const iso = new Date(atMs).toISOString()
  const host = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  const when = iso.slice(0, 16).replace(/[-:]/g, '').replace('T', '-')
  return {
    id: `${host === '' ? 'machine' : host}-${when}`,
    title: title ?? `${hostname()}, Linux ${release()}, ${iso.slice(0, 10)}`,
    source: `measured on ${hostname()} with Linux ${release()} at ${iso} by Holdfast ${manifest.version}`,
  }
}
