/** A whole job that a person does in the window: written once, run in every shell. */
import type { Page } from 'playwright-core'
import type { RunningShell } from '../shell.ts'

export interface JobDesk {
  /** The first window. After `restart` it is another page. */
  readonly page: () => Page
  readonly shell: () => RunningShell
  /** Closes the application and starts it again on the same store. */
  readonly restart: () => Promise<Page>
}

export interface Job {
  readonly title: string
  readonly run: (desk: JobDesk) => Promise<void>
  /** Complaints on the console that the job provokes on purpose. */
  readonly provokes?: readonly RegExp[]
}
