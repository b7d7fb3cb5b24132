/** A share as a volume of Kubernetes: a volume that names it and a claim that takes it. */
import { command } from '../../../ui/shell-quote.ts'
import { plainName, sourceOf } from './export-path.ts'
import { userPlaceholder, type Instructions, type MountNote, type Mounted } from './mounted.ts'
import { yamlText } from './quoting.ts'

/** Indented as below `spec:`. */
function source(mounted: Mounted, name: string): string {
  const { at } = mounted
  switch (at.protocol) {
    case 'NFS':
      return `  nfs:
    server: ${yamlText(at.server)}
    path: ${yamlText(at.path)}`
    case 'CIFS':
      return `  csi:
    driver: smb.csi.k8s.io
    volumeHandle: ${yamlText(mounted.id)}
    volumeAttributes:
      source: ${yamlText(sourceOf(at))}
    nodeStageSecretRef:
      name: ${yamlText(name)}
      namespace: default`
    case 'CEPHFS':
      return `  csi:
    driver: cephfs.csi.ceph.com
    volumeHandle: ${yamlText(mounted.id)}
    volumeAttributes:
      staticVolume: "true"
      clusterID: ${yamlText(at.server)}
      rootPath: ${yamlText(at.path)}
    nodeStageSecretRef:
      name: ${yamlText(name)}
      namespace: default`
  }
}

function secret({ at, user }: Mounted, name: string): string {
  const who = yamlText(user ?? userPlaceholder)
  const fields =
    at.protocol === 'CIFS' ? `  username: ${who}\n  password: PASSWORD` : `  userID: ${who}\n  userKey: KEY`
  return `apiVersion: v1
kind: Secret
metadata:
  name: ${yamlText(name)}
stringData:
${fields}
---
`
}

export function kubernetes(mounted: Mounted): Instructions {
  const { at, sizeGib, isReadOnly } = mounted
  const name = plainName(mounted.name, mounted.id)
  const mode = isReadOnly ? 'ReadOnlyMany' : 'ReadWriteMany'
  const text = `${at.protocol === 'NFS' ? '' : secret(mounted, name)}apiVersion: v1
kind: PersistentVolume
metadata:
  name: ${yamlText(name)}
spec:
  capacity:
    storage: ${sizeGib}Gi
  accessModes: [${mode}]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ""
${source(mounted, name)}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ${yamlText(name)}
spec:
  accessModes: [${mode}]
  storageClassName: ""
  volumeName: ${yamlText(name)}
  resources:
    requests:
      storage: ${sizeGib}Gi
`
  const file = `${name}.yaml`
  const notes: readonly MountNote[] =
    at.protocol === 'CIFS' ? ['needs-csi-smb'] : at.protocol === 'CEPHFS' ? ['needs-csi-cephfs'] : []
  return {
    notes,
    snippets: [
      { says: 'manifest', file, text },
      { says: 'apply', text: command('kubectl', 'apply', '-f', file) },
      { says: 'check', text: command('kubectl', 'get', 'pvc', name) },
    ],
  }
}
