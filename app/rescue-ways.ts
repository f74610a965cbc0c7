/** What can be carried out where a store does not open; the other ways out are for a person to do. */
export const RESCUE_WAYS = [
  'retry',
  'restore-backup',
  'salvage',
  'open-copy',
  'make-folder',
  'start-afresh',
] as const
