/** Names of what goes between the main process and a window's preload. Everything that goes is text of JSON. */
export const CHANNELS = {
  /** Window to main, with an answer: id, method, input. */
  call: 'holdfast:call',
  /** Window to main: id of a call whose answer is no longer wanted. */
  cancel: 'holdfast:cancel',
  /** Window to main: it hears events from now on. */
  listen: 'holdfast:listen',
  /** Main to window: id of the call, progress. */
  progress: 'holdfast:progress',
  /** Main to window: an event. */
  event: 'holdfast:event',
} as const
