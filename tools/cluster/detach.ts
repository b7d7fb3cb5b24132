/** Unmounts, detaches and ends what a share process left running for its successors. */
import { loadSettings } from '../../src/config/load.ts'
import { startRole } from '../../src/main.ts'

/** Once no process serves the backends of `configFile`. */
export async function detachBackend(configFile: string): Promise<void> {
  const settings = loadSettings({ file: configFile })
  const running = await startRole(
    { ...settings, log_level: 'silent', bus: { ...settings.bus, url: 'memory:' } },
    'share',
  )
  await running.stop({ detach: true })
}
