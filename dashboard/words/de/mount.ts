export const mount = {
  title: 'Einhängen',
  location: 'Exportpfad',
  systemsLabel: 'System',
  systems: {
    linux: 'Linux',
    macos: 'macOS',
    windows: 'Windows',
    fstab: 'fstab',
    systemd: 'systemd',
    kubernetes: 'Kubernetes',
  },
  install: 'Einmal installieren, was sie einhängt: Debian und Ubuntu, Fedora und RHEL oder SUSE',
  says: {
    'install-debian': 'Auf Debian und Ubuntu installieren',
    'install-redhat': 'Auf Fedora und RHEL installieren',
    'install-suse': 'Auf SUSE installieren',
    'install-windows-nfs': 'Den NFS-Client installieren, in einer PowerShell als Administrator',
    credentials: 'Das Passwort des Benutzers in eine Datei schreiben, die nur root liest:',
    secret: 'Den Schlüssel der Zugriffsregel in eine Datei schreiben, die nur root liest:',
    folder: 'Den Ordner anlegen',
    mount: 'Einhängen',
    line: 'Diese Zeile anfügen an',
    'mount-unit': 'Schreiben:',
    'automount-unit': 'und, damit sie beim Zugriff eingehängt wird,',
    enable: 'Jetzt und nach jedem Start benutzen',
    manifest: 'Schreiben:',
    apply: 'Volume und Claim anlegen; Pods nennen dann den Claim',
    check: 'Nachsehen, ob sie da ist',
    end: 'Wieder aushängen',
  },
  notes: {
    'no-macos-cephfs': 'macOS hat keinen Client für CephFS.',
    'no-windows-cephfs':
      'Windows selbst hat keinen Client für CephFS. Der von Ceph (ceph-dokan) hängt sie ein, mit Benutzer und Schlüssel der Zugriffsregel.',
    'windows-nfs-3':
      'Der Client von Windows spricht nur NFS 3. Wo der Dienst nur NFS 4 exportiert, wie der Exporter dieses Projekts, werden diese Befehle abgewiesen: in WSL 2 gehen die für Linux, oder Sie nehmen eine Freigabe mit dem Protokoll CIFS.',
    'not-writable':
      'Der Exportpfad enthält Zeichen, die dort nicht so geschrieben werden können, dass sie sich selbst bedeuten. Andere Systeme können es vielleicht.',
    'needs-csi-smb': 'Der Cluster braucht den SMB-CSI-Treiber (smb.csi.k8s.io). Setzen Sie das Passwort ein.',
    'needs-csi-cephfs':
      'Der Cluster braucht den CephFS-CSI-Treiber (cephfs.csi.ceph.com). Setzen Sie den Schlüssel ein.',
    'user-unknown':
      'Es gibt noch keine Regel für einen Benutzer: lassen Sie einen zu und setzen Sie seinen Namen anstelle von USER ein.',
  },
  unknownPath: 'Für diese Art von Export gibt es keine Anleitung',
  unknownPathText: 'Die Exportpfade stehen unten; wie man sie benutzt, sagt die Dokumentation des Backends.',
  allowed: (address: string, level: string) =>
    level === 'ro'
      ? `Die Adresse dieses Browsers, ${address}, darf lesen`
      : `Die Adresse dieses Browsers, ${address}, darf lesen und schreiben`,
  byRule: (network: string) => `Durch die Regel für ${network}.`,
  notAllowed: (address: string) => `Die Adresse dieses Browsers, ${address}, darf sie nicht einhängen`,
  behindTranslation:
    'Es ist die Adresse, die der Dienst sieht. Hinter einer Adressumsetzung, oder wenn ein anderer Rechner sie einhängen soll, lassen Sie dessen Adresse zu.',
  allow: 'Lesen und Schreiben erlauben',
  mistakesTitle: 'Was die üblichen Fehler bedeuten',
  mistakes: {
    NFS: [
      [
        'mount.nfs: access denied by server while mounting',
        'Keine Regel lässt die Adresse dieses Rechners zu, oder sie gilt noch nicht: sehen Sie unter Zugriff nach. Hinter einer Adressumsetzung sieht der Server eine andere Adresse.',
      ],
      [
        'mount.nfs: Connection timed out',
        'Der Server ist nicht zu erreichen: TCP-Port 2049 muss von diesem Rechner zu ihm offen sein.',
      ],
      [
        'Stale file handle',
        'Was eingehängt war, gibt es nicht mehr: die Freigabe wurde gelöscht, zurückgesetzt oder verschoben. Hängen Sie sie aus und neu ein.',
      ],
    ],
    CIFS: [
      [
        'mount error(13): Permission denied',
        'Das Passwort ist falsch, oder keine Regel lässt diesen Benutzer zu: sehen Sie unter Zugriff nach.',
      ],
      [
        'mount error(112): Host is down',
        'Der Server ist nicht zu erreichen: TCP-Port 445 muss zu ihm offen sein.',
      ],
      [
        'mount error(2): No such file or directory',
        'Der Name der Freigabe ist falsch, oder sie wurde gelöscht.',
      ],
    ],
    CEPHFS: [
      [
        'mount error 13 = Permission denied',
        'Benutzer oder Schlüssel sind falsch, oder die Regel dafür gilt noch nicht: sehen Sie unter Zugriff nach.',
      ],
      [
        'mount error 110 = Connection timed out',
        'Die Monitore sind nicht zu erreichen: die TCP-Ports 3300 und 6789 müssen zu ihnen offen sein.',
      ],
      ['mount error 2 = No such file or directory', 'Der Pfad ist falsch, oder die Freigabe wurde gelöscht.'],
    ],
  } as Readonly<Record<'NFS' | 'CIFS' | 'CEPHFS', readonly (readonly [error: string, means: string])[]>>,
}
