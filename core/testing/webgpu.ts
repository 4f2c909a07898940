/** Whether the engine `webgpu` can start on this machine, with Chromium's software Vulkan where there is no other. */
import { existsSync } from 'node:fs'
import { Refusal } from '#core/contract/errors.ts'
import { openDevice } from '#core/engines/webgpu/dawn.ts'

/** SwiftShader, which comes with Chromium. Mesa's llvmpipe is refused by Dawn before Mesa 23. */
export const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** For `describe.skipIf` and its title: why it cannot start, or null. A process of tests takes the software driver only after the machine's own has failed. */
export async function webgpuMissing(): Promise<string | null> {
  const own = await refusal()
  if (own === null || !existsSync(swiftShader)) return own
  process.env['VK_ICD_FILENAMES'] = swiftShader
  return refusal()
}

async function refusal(): Promise<string | null> {
  try {
    const { device } = await openDevice()
    device.destroy()
    return null
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}
