/** What a client's users ask of a large deployment: everything that lists of shares, snapshots and rules take, and what dashboards poll. */

export interface Question {
  /** `own: by name`; no two are alike. */
  readonly name: string
  readonly as: 'member' | 'admin'
  /** Below the service's root. */
  readonly path: string
}

/** What is asked about: it is there, in the middle of a project. */
export interface About {
  readonly share: {
    readonly id: string
    readonly name: string
    readonly project_id: string
    readonly share_type: string
    readonly host: string
  }
  readonly location: { readonly id: string; readonly path: string }
  readonly snapshotId: string
  /** A share some pages behind the newest one. */
  readonly marker: {
    readonly id: string
    readonly status: string
    readonly share_type: string
    readonly share_proto: string
  }
  /** An instance and a snapshot that stand about as deep in the lists of theirs. */
  readonly instanceMarker: string
  readonly snapshotMarker: string
}

/** In the names of the questions that go on behind a row. */
export const behind = 'behind the first pages'

export function questionsAbout(about: About): Question[] {
  const { share, location, snapshotId, marker } = about
  const filters: Readonly<Record<string, string>> = {
    'with details': '',
    [behind]: `marker=${marker.id}`,
    [`by status, ${behind}`]: `status=${marker.status}&marker=${marker.id}`,
    [`by type, ${behind}`]: `share_type_id=${marker.share_type}&marker=${marker.id}`,
    'and how many there are': 'with_count=true',
    'by name': `name=${share.name}`,
    'by part of a name': `name~=${share.name.slice(-3)}`,
    'by status': 'status=error',
    'by type': `share_type_id=${share.share_type}`,
    'by metadata': `metadata=${encodeURIComponent("{'purpose': 'test-7'}")}`,
    'by snapshot': `snapshot_id=${snapshotId}`,
    'by export location': `export_location_id=${location.id}`,
    'by path': `export_location_path=${encodeURIComponent(location.path)}`,
    'by size, largest first': 'sort_key=size&sort_dir=desc',
    'by name, in its order': 'sort_key=name&sort_dir=asc',
  }
  const others: Readonly<Record<string, string>> = {
    'of a project': `project_id=${share.project_id}`,
    'of a user': `user_id=u${share.project_id}`,
    'by pool': `host=${encodeURIComponent(share.host)}`,
    'by protocol': 'share_proto=CIFS',
    [`by protocol, ${behind}`]: `share_proto=${marker.share_proto}&marker=${marker.id}`,
  }
  const list = (as: Question['as'], whose: string, more: string, which: typeof filters): Question[] =>
    Object.entries(which).map(([what, query]) => ({
      name: `${whose} shares, ${what}`,
      as,
      path: `/v2/shares/detail?limit=100${more}${query === '' ? '' : '&'}${query}`,
    }))
  const one = (name: string, as: Question['as'], path: string): Question => ({
    name,
    as,
    path: `/v2/${path}`,
  })
  return [
    one('a share', 'member', `shares/${share.id}`),
    one('own shares, names', 'member', 'shares?limit=100'),
    ...list('member', 'own', '', filters),
    one('own shares and public ones', 'member', 'shares/detail?limit=100&is_public=true'),
    one('own snapshots', 'member', 'snapshots/detail?limit=100'),
    one(`own snapshots, ${behind}`, 'member', `snapshots/detail?limit=100&marker=${about.snapshotMarker}`),
    one('own snapshots of a share', 'member', `snapshots/detail?limit=100&share_id=${share.id}`),
    one('own snapshots, by status', 'member', 'snapshots/detail?limit=100&status=error'),
    one('own snapshots, by name', 'member', 'snapshots/detail?limit=100&name=nothing'),
    one('access rules of a share', 'member', `share-access-rules?share_id=${share.id}`),
    one('export locations of a share', 'member', `shares/${share.id}/export_locations`),
    one('limits', 'member', 'limits'),
    one('own operations', 'member', 'operations?limit=100'),
    one('own messages', 'member', 'messages?limit=100'),
    one('usage of the project', 'member', 'usage/history'),
    one('usage of a share', 'member', `shares/${share.id}/usage/history`),
    ...list('admin', 'all', '&all_tenants=1', { ...filters, ...others }),
    one('all instances', 'admin', 'share_instances?limit=100'),
    one(`all instances, ${behind}`, 'admin', `share_instances?limit=100&marker=${about.instanceMarker}`),
    one('instances of a share', 'admin', `shares/${share.id}/instances`),
    one('all snapshots', 'admin', 'snapshots/detail?limit=100&all_tenants=1'),
    one(
      `all snapshots, ${behind}`,
      'admin',
      `snapshots/detail?limit=100&all_tenants=1&marker=${about.snapshotMarker}`,
    ),
    one('all snapshots, by status', 'admin', 'snapshots/detail?limit=100&all_tenants=1&status=error'),
    one('all operations', 'admin', 'operations?limit=100&all_tenants=1'),
    one('services', 'admin', 'services'),
    one('pools', 'admin', 'scheduler-stats/pools/detail'),
  ]
}
