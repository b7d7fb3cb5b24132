/** What a share is: how full, how it is mounted, and its facts. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { CopyText, ShortId } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { Section } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { MountSection } from './mount/mount-section.tsx'
import { exportsQuery, type ShareView } from './queries.ts'
import { UsageSection } from './usage-section.tsx'
import { ThingLink } from './thing-link.tsx'
import classes from './shares.module.css'

export function OverviewTab({ share }: { readonly share: ShareView }) {
  const { common, shares: w } = useWords()
  const console = useConsole()
  const locations = useQuery(exportsQuery(console, share.id))
  const metadata = Object.entries(share.metadata)
  return (
    <div className={classes.columns}>
      <div>
        <MountSection share={share} locations={locations.data} />
        <Section title={w.exportLocations}>
          {locations.error !== null && locations.data === undefined ? (
            <Failure error={locations.error} again={() => void locations.refetch()} />
          ) : locations.data === undefined ? null : locations.data.length === 0 ? (
            <p className={classes.muted}>{w.noExports}</p>
          ) : (
            <ul className={classes.pairs}>
              {locations.data.map(({ id, path, preferred, is_admin_only }) => (
                <li key={id}>
                  <CopyText text={path} what={w.exportPath} />
                  {preferred === true ? <span className={classes.muted}> {w.preferred}</span> : null}
                  {is_admin_only === true ? <span className={classes.muted}> {w.adminOnly}</span> : null}
                </li>
              ))}
            </ul>
          )}
        </Section>
      </div>
      <div>
        <UsageSection share={share} />
        <Section title={w.facts}>
          <Facts
            facts={[
              [
                common.description,
                share.description === null || share.description === '' ? null : (
                  <PlainText wrap>{share.description}</PlainText>
                ),
              ],
              [
                common.type,
                share.share_type_name === null || share.share_type_name === undefined
                  ? null
                  : visible(share.share_type_name),
              ],
              [common.zone, share.availability_zone],
              [w.isPublic, share.is_public ? w.publicYes : null],
              [
                w.fromSnapshot,
                share.snapshot_id === null ? null : (
                  <Link
                    {...({ to: '/snapshots/$id', params: { id: share.snapshot_id } } as unknown as {
                      to: '/'
                    })}
                  >
                    {share.snapshot_id.slice(0, 8)}
                  </Link>
                ),
              ],
              [
                w.form.group,
                share.share_group_id === null || share.share_group_id === undefined ? null : (
                  <ThingLink key="group" type="share_group" id={share.share_group_id} word={null} />
                ),
              ],
              [
                w.metadata,
                metadata.length === 0 ? null : (
                  <ul className={classes.pairs}>
                    {metadata.map(([key, value]) => (
                      <li key={key}>
                        <PlainText wrap>{`${key} = ${value}`}</PlainText>
                      </li>
                    ))}
                  </ul>
                ),
              ],
              [w.owner, <ShortId key="project" id={share.project_id} what={w.owner} />],
              [
                w.creator,
                share.user_id === undefined ? null : (
                  <ShortId key="user" id={share.user_id} what={w.creator} />
                ),
              ],
            ]}
          />
        </Section>
      </div>
    </div>
  )
}
