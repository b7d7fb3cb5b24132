/**
 * The checker's own reading of a pool with one file system per share: which images there are and how large the file system in
 * each is, what is mounted below the folder of exports, and which loop devices show a file of the pool. It shares no code with the driver.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statfsSync } from 'node:fs'

const run = (...argv) =>
  execFileSync(argv[0], argv.slice(1), { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })

/** Shares with the bytes of their file systems, snapshots, and the names of whatever else lies in a subvolume of the pool. */
export function images(pool, binds) {
  const mounted = new Map(treesBelow(binds).map(({ id, path }) => [id, path]))
  const trees = new Map()
  const snapshots = new Set()
  const others = []
  for (const line of run('btrfs', 'subvolume', 'list', pool).split('\n')) {
    const [, path = ''] = /^ID \d+ .* path (?:.*\/)?manila\/([^/]+\/[^/]+)$/.exec(line) ?? []
    const [place, name] = path.split('/')
    if (place === 'shares') trees.set(name, sizeOf(`${pool}/manila/shares/${name}/image`, mounted.get(name)))
    else if (place === 'snapshots') snapshots.add(name)
    // Anybody may remove what is in the trash at any time.
    else if (path !== '' && place !== 'trash') others.push({ place, name, id: name.split('.')[0] })
  }
  return { trees, snapshots, others }
}

/** What the file system has in all, as a client's `df` says; undefined where there is no image. */
function sizeOf(image, mountedAt) {
  if (mountedAt !== undefined) {
    const { blocks, bsize } = statfsSync(mountedAt)
    return blocks * bsize
  }
  if (!existsSync(image)) return undefined
  // Blocks less the log's: xfs_dsb, big-endian.
  const bytes = Buffer.alloc(512)
  const file = openSync(image, 'r')
  readSync(file, bytes, 0, 512, 0)
  closeSync(file)
  if (bytes.toString('latin1', 0, 4) !== 'XFSB') return 0
  return (Number(bytes.readBigUInt64BE(8)) - bytes.readUInt32BE(96)) * bytes.readUInt32BE(4)
}

/** Mounts of trees, `<binds>/<project>/<id>.<uuid>`, and the folders of projects. */
export function mountsBelow(binds) {
  const below = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [left = '', right = ''] = line.split(' - ')
      const path = left.split(' ')[4] ?? ''
      return path.startsWith(`${binds}/`) ? [{ path, source: right.split(' ')[1] ?? '' }] : []
    })
  const projects = below.filter(({ path }) => !path.slice(binds.length + 1).includes('/'))
  const folders = existsSync(binds)
    ? readdirSync(binds, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [entry.name] : [],
      )
    : []
  return { projects, trees: asTrees(binds, below), folders }
}

const treesBelow = (binds) => mountsBelow(binds).trees

function asTrees(binds, below) {
  return below.flatMap(({ path, source }) => {
    const [, project, name, rest] = path.slice(binds.length).split('/')
    return name === undefined || rest !== undefined ? [] : [{ path, source, project, id: name.split('.')[0] }]
  })
}

/** Loop devices that show a file of the pool. */
export function loopsOf(pool) {
  return run('losetup', '--list', '--noheadings', '--raw', '--output', 'NAME,BACK-FILE')
    .split('\n')
    .flatMap((line) => {
      const [device, ...file] = line.split(' ')
      const backing = file.join(' ')
      return backing.startsWith(`${pool}/`) ? [{ device, backing }] : []
    })
}
