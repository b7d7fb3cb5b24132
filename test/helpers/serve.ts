/**
 * A whole service in a process of its own, for tests that kill it: configuration from a file, accounts and a share type as
 * the quick start makes them. Prints one line of JSON when it serves.
 */
import { loadSettings } from '../../src/config/load.ts'
import { startService } from '../../src/main.ts'
import { ensureAccounts } from '../../src/quickstart/accounts.ts'
import { ensureShareType, waitForBackend } from '../../src/quickstart/warm-up.ts'
import { onSignal } from '../../src/runtime/shutdown.ts'

const [file = '', kind = 'sim', schedulers = '1'] = process.argv.slice(2)
const settings = loadSettings({ file, environment: process.env })
const service = await startService(settings, {
  logFile: `${settings.state_dir}/manila.log`,
  schedulers: Number(schedulers),
})
// Before anything is awaited that a hung backend could delay.
onSignal(() => service.stop({ detach: process.env.TEST_DETACH === '1' }))
const clouds = await ensureAccounts(service.auth, settings.state_dir, service.url, { link: false })
await ensureShareType(service, kind as 'sim')
if (process.env.TEST_NO_WAIT !== '1') await waitForBackend(service)
process.stdout.write(`${JSON.stringify({ url: service.url, clouds })}\n`)
