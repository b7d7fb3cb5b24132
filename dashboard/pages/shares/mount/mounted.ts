/** What mount instructions are made of, and what they are. */
import type { ExportPath } from './export-path.ts'

export const mountSystems = ['linux', 'macos', 'windows', 'fstab', 'systemd', 'kubernetes'] as const
export type MountSystem = (typeof mountSystems)[number]

export interface Snippet {
  /** Names the sentence above it. */
  readonly says:
    | 'install-debian'
    | 'install-redhat'
    | 'install-suse'
    | 'install-windows-nfs'
    | 'credentials'
    | 'secret'
    | 'folder'
    | 'mount'
    | 'line'
    | 'mount-unit'
    | 'automount-unit'
    | 'enable'
    | 'manifest'
    | 'apply'
    | 'check'
    | 'end'
  readonly text: string
  /** The file that the text is of; absent for commands. */
  readonly file?: string
}

/** Names what stands instead of snippets, or beside them. */
export type MountNote =
  | 'no-macos-cephfs'
  | 'no-windows-cephfs'
  | 'windows-nfs-3'
  | 'not-writable'
  | 'needs-csi-smb'
  | 'needs-csi-cephfs'
  | 'user-unknown'

export interface Instructions {
  readonly snippets: readonly Snippet[]
  readonly notes: readonly MountNote[]
}

export interface Mounted {
  readonly at: ExportPath
  readonly id: string
  readonly name: string | null
  readonly sizeGib: number
  /** Of a rule: the user of CIFS or Ceph; null when there is no rule for one. */
  readonly user: string | null
  readonly isReadOnly: boolean
}

/** Where a user must be put in by hand. */
export const userPlaceholder = 'USER'
