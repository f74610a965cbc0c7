import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

/** Leaves one line of counts in a file, such as `17 passed, 0 failed, 0 skipped`, for .ci/run to close with. */
export function testCounts(file: string): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]) {
      const counts = { passed: 0, failed: 0, skipped: 0 }
      for (const module of modules) {
        for (const test of module.children.allTests()) {
          const { state } = test.result()
          // A test that is still pending at the end never came to an answer.
          counts[state === 'pending' ? 'failed' : state]++
        }
        // A file that fails before or between its tests has failed, however few tests it got to tell about.
        if (module.state() === 'failed' && !hasFailedTest(module)) counts.failed++
      }
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
    },
  }
}

function hasFailedTest(module: TestModule): boolean {
  return !module.children.allTests('failed').next().done
}
