import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../../cli/program.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(`${root}/docs/cli.md`, 'utf8')
const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(page) ?? []
const examples = block.trim().split('\n')

describe('docs/cli.md', () => {
  it('names every command', () => {
    for (const command of createProgram().commands) expect(page).toContain(`\`${command.name()}`)
  })

  it.each(examples)('%s works', example => {
    const args = (example.match(/"[^"]*"|\S+/g) ?? []).slice(1).map(word => word.replaceAll('"', ''))
    const { status, stdout, stderr } = spawnSync(process.execPath, ['cli/main.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
    })
    expect({ isAnswer: status === 0 || status === 1, stderr }).toEqual({ isAnswer: true, stderr: '' })
    expect(stdout).not.toBe('')
  })
})
