/** Every program asks this first: on an older Node the failure would otherwise be a riddle. */
export function requireNode(version = process.versions.node): void {
  if (Number(version.split('.')[0]) >= 24) return
  process.stderr.write(
    `manila needs Node 24 or newer and this is ${version}. Start it with "npm run …" after "npm ci" (which brings Node 24 along on Linux), or put a newer node first on PATH.\n`,
  )
  process.exit(78)
}
