/** Which engines a test can start on this machine. */
import { installedTensorflow } from '#core/engines/tensorflow/place.ts'

const isHere = installedTensorflow() !== null

/** For `describe.skipIf` and its title. */
export const withoutTensorflow = !isHere
export const tensorflowSkipped = isHere ? '' : ' (skipped: `kagami engine install tensorflow` has not run here)'
