/** `event watch`: what changes, as it changes. Only servers of this project have it. */
import { follow, type ChangeView } from '../../sdk/events.ts'
import { command, flag, text } from '../command.ts'
import { CommandFailure } from '../exit-codes.ts'
import { presence } from '../lookup.ts'
import { escapeControls } from '../output/escape.ts'

const watch = command({
  words: 'event watch',
  summary: 'Print what changes in your project, as it changes, until Ctrl-C.',
  gives: 'nothing',
  options: {
    'resource-type': text(
      'type',
      'Only of this kind of resource: share, snapshot, share_group, share_group_snapshot or backend; several with commas.',
    ),
    'resource-id': text('id', 'Only of this resource; several with commas.'),
    'all-projects': flag('Of every project (administrators).'),
    project: text('id', 'Only of this project, with --all-projects.'),
    since: text('id', 'Go on behind this event, as a line of --json names it.'),
    json: flag('One JSON object a line, for programs.'),
  },
  async run({ options, session, connect }) {
    const client = await connect()
    if (!(await client.has('events'))) {
      throw new CommandFailure('This server does not stream events: list what you wait for instead.')
    }
    const query = {
      resource_type: options['resource-type'],
      resource_id: options['resource-id'],
      project_id: options.project,
      all_projects: presence(options['all-projects']),
    }
    const since = options.since === undefined ? {} : { lastEventId: options.since }
    for await (const one of follow(client, { query, signal: session.signal, ...since })) {
      if (one.kind === 'change')
        session.print(options.json ? JSON.stringify({ id: one.id, ...one.change }) : lineOf(one.change))
      else if (one.kind === 'cut')
        session.note(
          `The stream was cut${one.why === null ? '' : `: ${escapeControls(one.why)}`}. Trying again.`,
        )
      else if (one.kind === 'reset') session.note('What happened in between is not known any more.')
    }
  },
})

function lineOf({ created_at: at, event, resource_id: id, status }: ChangeView): string {
  return escapeControls([at, event, id, status ?? ''].join('  ').trimEnd())
}

export const eventCommands = [watch]
