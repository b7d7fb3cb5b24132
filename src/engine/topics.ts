/** Where work is looked for: the topic in an operation's row, and the one on the bus. */
import type { Topic } from '../model/operations/plan.ts'

/**
 * Behind the topic of what only an engine of today can take: later versions of a plan, and children, which run in places of
 * their parent. The release before asks for neither in its queries; under the plain topic such rows would fill its slots.
 */
const mark = '+'

/** The topic to write in an operation's row. */
export function rowTopic(
  topic: Topic | string,
  row: { readonly version: number; readonly parent_id?: string | null },
): string {
  return row.version > 1 || (row.parent_id ?? null) !== null ? `${topic}${mark}` : topic
}

/** What may stand in the row of an operation whose present step is for this topic. */
export const rowTopics = (topic: Topic | string): readonly string[] => [topic, `${topic}${mark}`]

/** The service that a row's topic names. */
export const serviceOf = (topic: string): string =>
  topic.endsWith(mark) ? topic.slice(0, -mark.length) : topic

/** The bus topic of an operation's present step. */
export function busTopic(topic: Topic | string, backendId: string | null): string {
  const service = serviceOf(topic)
  return service === 'share' && backendId !== null ? `share.${backendId}` : service
}
