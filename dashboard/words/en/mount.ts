export const mount = {
  title: 'Mount it',
  location: 'Export location',
  systemsLabel: 'System',
  systems: {
    linux: 'Linux',
    macos: 'macOS',
    windows: 'Windows',
    fstab: 'fstab',
    systemd: 'systemd',
    kubernetes: 'Kubernetes',
  },
  install: 'Install what mounts it, once: Debian and Ubuntu, Fedora and RHEL, or SUSE',
  says: {
    'install-debian': 'Install on Debian and Ubuntu',
    'install-redhat': 'Install on Fedora and RHEL',
    'install-suse': 'Install on SUSE',
    'install-windows-nfs': 'Install the client for NFS, in a PowerShell of an administrator',
    credentials: 'Write the user’s password into a file that only root reads:',
    secret: 'Write the key of the access rule into a file that only root reads:',
    folder: 'Make the folder',
    mount: 'Mount it',
    line: 'Add this line to',
    'mount-unit': 'Write',
    'automount-unit': 'and, so that it is mounted when it is used,',
    enable: 'Use it now and after each start',
    manifest: 'Write',
    apply: 'Make the volume and its claim; pods then name the claim',
    check: 'See that it is there',
    end: 'Let go of it',
  },
  notes: {
    'no-macos-cephfs': 'macOS has no client for CephFS.',
    'no-windows-cephfs':
      'Windows itself has no client for CephFS. Ceph’s own one (ceph-dokan) mounts it with the user and key of the access rule.',
    'windows-nfs-3':
      'Windows’ own client speaks NFS 3 only. Where the service exports NFS 4 alone, as this project’s own exporter does, these commands are refused: in WSL 2 those for Linux work, or take a share of the protocol CIFS.',
    'not-writable':
      'The export path holds characters that can’t be written there so that they mean themselves. Other systems may be able to.',
    'needs-csi-smb': 'The cluster needs the SMB CSI driver (smb.csi.k8s.io). Put the password in.',
    'needs-csi-cephfs': 'The cluster needs the CephFS CSI driver (cephfs.csi.ceph.com). Put the key in.',
    'user-unknown': 'There is no rule for a user yet: give one access, and put its name in place of USER.',
  },
  unknownPath: 'There are no instructions for this kind of export',
  unknownPathText:
    'Its export locations stand below; how they are used is said by the backend’s documentation.',
  allowed: (address: string, level: string) =>
    level === 'ro'
      ? `This browser’s address, ${address}, may read`
      : `This browser’s address, ${address}, may read and write`,
  byRule: (network: string) => `By the rule for ${network}.`,
  notAllowed: (address: string) => `This browser’s address, ${address}, may not mount it`,
  behindTranslation:
    'It is the address that the service sees. Behind an address translation, or when another machine is to mount it, allow that one’s address instead.',
  allow: 'Allow it to read and write',
  mistakesTitle: 'What the usual errors mean',
  mistakes: {
    NFS: [
      [
        'mount.nfs: access denied by server while mounting',
        'No rule lets this machine’s address in, or the rule is not in force yet: look at the tab Access. Behind an address translation the server sees another address.',
      ],
      [
        'mount.nfs: Connection timed out',
        'The server is not reached: TCP port 2049 must be open from this machine to it.',
      ],
      [
        'Stale file handle',
        'What was mounted is not there any more: the share was deleted, reverted or moved. Let go of it and mount again.',
      ],
    ],
    CIFS: [
      [
        'mount error(13): Permission denied',
        'The password is wrong, or no rule lets this user in: look at the tab Access.',
      ],
      ['mount error(112): Host is down', 'The server is not reached: TCP port 445 must be open to it.'],
      ['mount error(2): No such file or directory', 'The share’s name is wrong, or it was deleted.'],
    ],
    CEPHFS: [
      [
        'mount error 13 = Permission denied',
        'The user or its key is wrong, or the rule for it is not in force yet: look at the tab Access.',
      ],
      [
        'mount error 110 = Connection timed out',
        'The monitors are not reached: TCP ports 3300 and 6789 must be open to them.',
      ],
      ['mount error 2 = No such file or directory', 'The path is wrong, or the share was deleted.'],
    ],
  } as Readonly<Record<'NFS' | 'CIFS' | 'CEPHFS', readonly (readonly [error: string, means: string])[]>>,
}
