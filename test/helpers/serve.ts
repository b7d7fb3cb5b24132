/**
 * A whole service in a process of its own, for tests that kill it: configuration from a file, accounts and a share type as
 * the quick start makes them. Prints one line of JSON when it serves.
 */
import { writeFileSync } from 'node:fs'
import { unreliable, type Weather } from '../../src/bus/unreliable.fixture.ts'
import { loadSettings } from '../../src/config/load.ts'
import { startService } from '../../src/main.ts'
import { ensureAccounts } from '../../tools/quickstart/accounts.ts'
import { ensureShareType, waitForBackend } from '../../tools/quickstart/warm-up.ts'
import { onSignal } from '../../src/runtime/shutdown.ts'

const [file = '', kind = 'sim', schedulers = '1'] = process.argv.slice(2)
const settings = loadSettings({ file, environment: process.env })
const weather =
  process.env.TEST_WEATHER === undefined ? null : (JSON.parse(process.env.TEST_WEATHER) as Weather)
const suffered = { cast: 0, lost: 0, doubled: 0 }
const service = await startService(settings, {
  ...(weather === null ? {} : { wrapBus: (bus) => unreliable(bus, weather, Math.random, suffered) }),
  logFile: `${settings.state_dir}/manila.log`,
  schedulers: Number(schedulers),
})
// Before anything is awaited that a hung backend could delay.
onSignal(async () => {
  if (weather !== null) writeFileSync(`${settings.state_dir}/suffered.json`, JSON.stringify(suffered))
  await service.stop({ detach: process.env.TEST_DETACH === '1' })
})
// A real Keystone has its own.
const clouds =
  settings.auth.backend === 'keystone'
    ? ''
    : await ensureAccounts(service.auth, settings.state_dir, service.url, { link: false })
await ensureShareType(service, kind as 'sim')
if (process.env.TEST_NO_WAIT !== '1') await waitForBackend(service)
process.stdout.write(`${JSON.stringify({ url: service.url, metricsUrl: service.metricsUrl, clouds })}\n`)
