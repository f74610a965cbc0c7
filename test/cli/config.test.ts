import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exitCodes } from '../../cli/exit-codes.ts'
import { runProgram } from '../../cli/program.ts'

describe('holdfast config', () => {
  let out = ''
  let err = ''
  let folder = ''
  beforeEach(() => {
    out = err = ''
    folder = mkdtempSync(join(tmpdir(), 'config-'))
    vi.spyOn(process.stdout, 'write').mockImplementation(text => ((out += String(text)), true))
    vi.spyOn(process.stderr, 'write').mockImplementation(text => ((err += String(text)), true))
    vi.spyOn(console, 'error').mockImplementation(text => (err += `${String(text)}\n`))
    vi.spyOn(console, 'log').mockImplementation(text => (out += `${String(text)}\n`))
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(folder, { recursive: true })
  })

  it('prints each file with why, how to verify it and how to take it back', async () => {
    expect(await runProgram(['config', 'realtime-guest', '--for', 'libvirt'])).toBe(exitCodes.holds)
    expect(out).toContain('    <locked/>')
    expect(out).toMatch(/^why$[^]*^put it into force$[^]*^verify$[^]*^take it back$/m)
  })

  it('writes a folder whole, and never over what is there', async () => {
    const target = join(folder, 'new')
    expect(await runProgram(['config', 'realtime-guest', '-o', target])).toBe(exitCodes.holds)
    const drop = join(target, 'systemd/etc/systemd/system/controller.service.d/50-memlock.conf')
    expect(readFileSync(drop, 'utf8')).toContain('LimitMEMLOCK=18G\n')
    expect(existsSync(join(target, 'README.txt'))).toBe(true)
    expect(readdirSync(folder)).toEqual(['new'])
    expect(await runProgram(['config', 'realtime-guest', '-o', target])).toBe(exitCodes.badInput)
    expect(err).toContain('there are files in it already')
    expect(readdirSync(folder)).toEqual(['new'])
  })

  it('ends with 1 where something is refused, and with 2 for a place that there is not', async () => {
    const plan = join(folder, 'plan.json')
    const params = { ram: '1 GiB', virtioMem: '1 GiB', memLock: 'on' }
    const workloads = [{ name: 'g', kind: 'qemu-guest', params, limits: { memlock: 'unlimited' } }]
    writeFileSync(
      plan,
      JSON.stringify({ format: 'holdfast-plan/1', name: 'x', machine: { preset: 'edge-64' }, workloads }),
    )
    expect(await runProgram(['config', plan, '--for', 'qemu', '--json'])).toBe(exitCodes.doesNotHold)
    expect(JSON.parse(out)).toMatchObject({
      format: 'holdfast-config/1',
      targets: [{ id: 'qemu', files: [], traps: [{ kind: 'refused', id: 'virtio-mem-with-lock' }] }],
    })
    expect(await runProgram(['config', plan, '--for', 'libvrt'])).toBe(exitCodes.badInput)
    expect(err).toContain('libvirt')
  })
})
