#!/usr/bin/env node
import { runProgram } from './program.ts'

const oldest = 24
if (Number.parseInt(process.versions.node, 10) < oldest) {
  console.error(
    `holdfast: needs Node ${oldest}, this is ${process.version}. In the project's folder, npx holdfast brings its own.`,
  )
  process.exit(2)
}

// A reader that has seen enough, as in `holdfast … | head`, is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}

// exitCode, not exit(): what is still on its way into a pipe gets there.
process.exitCode = await runProgram(process.argv.slice(2))
