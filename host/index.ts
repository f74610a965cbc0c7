/** The door to the running kernel. */
export { runLive } from './live-runner.ts'
export {
  LiveSession,
  type LiveObserved,
  type LiveOptions,
  type LiveResult,
  type LiveSuccess,
} from './live-session.ts'
export { LIVE_REASONS, type LiveReason, type LiveRefusal } from './refusal.ts'
export type { LiveProcessReport, LiveStep, LiveVma } from './observe.ts'
