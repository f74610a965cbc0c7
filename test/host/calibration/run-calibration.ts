/** Calibrates with the options of its argument and prints what was measured; started as another user, and killed, by the tests. */
import { kernelNamed } from '../../../engine/kernels/releases.ts'
import { calibrate } from '../../../host/calibration/calibrate.ts'
import { refusalOf } from '../../../host/refusal.ts'

const kernel = kernelNamed('6.18')!
try {
  const measured = calibrate({
    ...{ kernel, timeS: 1, share: 0.1, cacheBytes: null, sizes: [2 * 2 ** 20] },
    ...(JSON.parse(process.argv[2] ?? '{}') as object),
    isCancelled: () => false,
    onProgress: () => {},
  })
  console.log(JSON.stringify(measured))
} catch (error) {
  console.log(JSON.stringify(refusalOf(error)))
}
