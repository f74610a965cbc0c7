import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { exitCodes } from '../../cli/exit-codes.ts'
import { createProgram, runProgram } from '../../cli/program.ts'

describe('holdfast', () => {
  let out = ''
  let err = ''
  beforeEach(() => {
    out = err = ''
    vi.spyOn(process.stdout, 'write').mockImplementation(text => ((out += String(text)), true))
    vi.spyOn(process.stderr, 'write').mockImplementation(text => ((err += String(text)), true))
  })
  afterEach(() => vi.restoreAllMocks())

  it('prints the version of the package', async () => {
    expect(await runProgram(['--version'])).toBe(exitCodes.holds)
    expect(out).toBe(`${manifest.version}\n`)
  })

  it('prints its help on request', async () => {
    expect(await runProgram(['--help'])).toBe(exitCodes.holds)
    expect(out).toContain('Usage: holdfast')
  })

  it('answers bad usage with 2, and a guess at what was meant', async () => {
    expect(await runProgram(['--vesion'])).toBe(exitCodes.badInput)
    expect(err).toContain("holdfast: unknown option '--vesion'")
    expect(err).toContain('Did you mean --version?')
    expect(out).toBe('')
  })

  it('describes every command', () => {
    for (const command of createProgram().commands) expect(command.description()).not.toBe('')
  })
})
