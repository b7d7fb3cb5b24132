/** `token issue`, `health`, `api-version`: who you are here and what the other side is. */
import { maxMinor } from '../../model/version.ts'
import { CommandFailure } from '../exit-codes.ts'
import { command } from '../command.ts'
import { showOf } from '../output/output.ts'

const tokenIssue = command({
  words: 'token issue',
  summary: 'Sign in and show the token; whoever has it can act as you.',
  gives: 'show',
  async run({ connect }) {
    const { tokens } = await connect()
    const { session } = tokens
    if (session === null) throw new CommandFailure('A token was given already: there is nothing to issue.')
    return showOf({
      expires: session.expiresAt === null ? null : new Date(session.expiresAt).toISOString(),
      id: session.token,
      project_id: session.projectId,
      user_id: session.userId,
    })
  },
})

const health = command({
  words: 'health',
  summary: 'Show whether the service serves; administrators see each backend.',
  gives: 'show',
  async run({ connect }) {
    const client = await connect()
    const { status, body } = await client.besideApi('healthcheck', [503])
    const said =
      typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : { status: body }
    if (status === 503)
      throw new CommandFailure(`The service does not serve: ${String(said.reason ?? 'no reason given')}`)
    return showOf(said)
  },
})

const apiVersion = command({
  words: 'api-version',
  summary: 'Show the microversions of the server and the one that is spoken.',
  gives: 'show',
  async run({ connect }) {
    const client = await connect()
    return showOf({
      endpoint: client.endpoint,
      used: `2.${client.minor}`,
      server_minimum: `2.${client.server.minMinor}`,
      server_maximum: `2.${client.server.maxMinor}`,
      client_maximum: `2.${maxMinor}`,
    })
  },
})

export const aboutCommands = [tokenIssue, health, apiVersion]
