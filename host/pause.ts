const never = new Int32Array(new SharedArrayBuffer(4))

/** Holds up the calling thread: everything in a live run is synchronous. */
export function pause(milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds)
}
