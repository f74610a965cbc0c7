/** The jobs: a file each, and a line here. */
import { firstStart } from './first-start.ts'
import type { Job } from './job.ts'

export const JOBS: readonly Job[] = [firstStart]
