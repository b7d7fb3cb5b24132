/** Why an action is refused: sentences of `src/model/gates`, of the policy, of quotas. */
import type { Sentences } from './sentence-pairs.ts'

export const gates: Sentences = [
  ["Policy doesn't allow {} to be performed.", 'Ihre Rollen erlauben das nicht ({0}).'],
  [
    'Share {} is in the recycle bin: restore it first.',
    'Freigabe {0} liegt im Papierkorb: stellen Sie sie erst wieder her.',
  ],
  ['Share {} is in the recycle bin already.', 'Freigabe {0} liegt schon im Papierkorb.'],
  ['Share {} is busy: its task state is {}.', 'Freigabe {0} ist beschäftigt: {1!}.'],
  ['Share {} is busy: {}.', 'Freigabe {0} ist beschäftigt: {1!}.'],
  [
    'Share {} is {}: it can only be deleted when it is {}.',
    'Zustand der Freigabe {0}: {1!}. Gelöscht werden kann sie nur im Zustand {2!}.',
  ],
  [
    'Share {} is {}: it can only be extended when it is {}.',
    'Zustand der Freigabe {0}: {1!}. Vergrößert werden kann sie nur im Zustand {2!}.',
  ],
  [
    'Share {} is {}: it can only be shrunk when it is {}.',
    'Zustand der Freigabe {0}: {1!}. Verkleinert werden kann sie nur im Zustand {2!}.',
  ],
  [
    'Share {} is {}: it can only be made again when it is {}.',
    'Zustand der Freigabe {0}: {1!}. Noch einmal angelegt werden kann sie nur im Zustand {2!}.',
  ],
  [
    'Share {} is {}: it can only be unmanaged when it is {}.',
    'Zustand der Freigabe {0}: {1!}. Losgelassen werden kann sie, wenn nichts mit ihr läuft.',
  ],
  ['Share {} is {}: it must be {}.', 'Zustand der Freigabe {0}: {1!}. Sie muss in einem anderen sein: {2!}.'],
  [
    'Share {} is {}: it is too late to restore it.',
    'Zustand der Freigabe {0}: {1!}. Zum Wiederherstellen ist es zu spät.',
  ],
  [
    'Share {} is {}: a snapshot can only be taken when it is {}.',
    'Zustand der Freigabe {0}: {1!}. Einen Schnappschuss gibt es nur im Zustand {2!}.',
  ],
  [
    'Share {} is {}: a snapshot of it can only be managed when it is {}.',
    'Zustand der Freigabe {0}: {1!}. Ein Schnappschuss von ihr kann nur im Zustand {2!} übernommen werden.',
  ],
  [
    'Share {} is on no backend: there is nothing to copy.',
    'Freigabe {0} liegt auf keinem Backend: es gibt nichts zu kopieren.',
  ],
  ['Share {} is on no backend.', 'Freigabe {0} liegt auf keinem Backend.'],
  [
    'Share {} is on a share server: that needs 2.49.',
    'Freigabe {0} liegt auf einem Freigabeserver: das braucht 2.49.',
  ],
  ['Share {} has replicas: delete them first.', 'Freigabe {0} hat Replikate: löschen Sie erst diese.'],
  ['Share {} has replicas.', 'Freigabe {0} hat Replikate.'],
  ['Share {} has 1 snapshot: delete it first.', 'Freigabe {0} hat 1 Schnappschuss: löschen Sie erst diesen.'],
  [
    'Share {} has {} snapshots: delete them first.',
    'Freigabe {0} hat {1} Schnappschüsse: löschen Sie erst diese.',
  ],
  ['Share {} has snapshots: delete them first.', 'Freigabe {0} hat Schnappschüsse: löschen Sie erst diese.'],
  ['Share {} has snapshots.', 'Freigabe {0} hat Schnappschüsse.'],
  ['Share {} has backups: delete them first.', 'Freigabe {0} hat Sicherungen: löschen Sie erst diese.'],
  ['Share {} has backups.', 'Freigabe {0} hat Sicherungen.'],
  ['Share {} is part of a group snapshot.', 'Freigabe {0} gehört zum Schnappschuss einer Gruppe.'],
  ['Share {} belongs to a share group.', 'Freigabe {0} gehört zu einer Freigabegruppe.'],
  [
    'share {} is in a group: share_group_id must name it in the query',
    'Freigabe {0} ist in einer Gruppe: share_group_id muss sie in der Anfrage nennen.',
  ],
  [
    'Share {} is locked against deletion: remove the resource lock first.',
    'Freigabe {0} ist gegen Löschen gesperrt: heben Sie erst die Sperre auf.',
  ],
  ['Share {} is locked against deletion.', 'Freigabe {0} ist gegen Löschen gesperrt.'],
  [
    "access rules can't be changed: an instance of share {} is not on any host yet",
    'Die Zugriffsregeln können nicht geändert werden: eine Instanz der Freigabe {0} hat noch keinen Platz.',
  ],
  [
    "access rules can't be changed: an instance of share {} is {}",
    'Die Zugriffsregeln können nicht geändert werden. Zustand einer Instanz der Freigabe {0}: {1!}.',
  ],
  [
    'access rules of share {} are in error: deny those first',
    'Zugriffsregeln der Freigabe {0} sind gescheitert: entziehen Sie erst diese.',
  ],
  [
    'Access rules of share {} are not all applied: wait or deny those in error.',
    'Noch sind nicht alle Zugriffsregeln der Freigabe {0} angewandt: warten Sie, oder entziehen Sie die gescheiterten.',
  ],
  [
    'A share in the recycle bin can not be locked.',
    'Eine Freigabe im Papierkorb kann nicht gesperrt werden.',
  ],
  ['It is {}: too late for a lock.', 'Für eine Sperre ist es zu spät: {0!}.'],
  [
    'new_size must be at most {} GiB for this share type',
    'Bei diesem Freigabetyp darf die neue Größe höchstens {0} GiB sein.',
  ],
  [
    'new_size must be at least {} GiB for this share type',
    'Bei diesem Freigabetyp muss die neue Größe mindestens {0} GiB sein.',
  ],
  [
    'new_size must be above 0 and less than the present {} GiB',
    'Die neue Größe muss über 0 und unter den jetzigen {0} GiB liegen.',
  ],
  ['snapshot_id must be a snapshot of share {}', 'Es muss ein Schnappschuss der Freigabe {0} sein.'],
  [
    'share {} has no revert_to_snapshot_support',
    'Freigabe {0} kann nicht auf einen Schnappschuss zurückgesetzt werden: ihr Typ sieht es nicht vor.',
  ],
  [
    'Only the newest snapshot can be reverted to; that is {}.',
    'Nur auf den neuesten Schnappschuss kann zurückgesetzt werden: {0}.',
  ],
  [
    'snapshot {} has nothing on the backend of share {}',
    'Schnappschuss {0} hat nichts auf dem Backend der Freigabe {1}.',
  ],
  [
    'Share {} has no snapshot_support: its type has none.',
    'Von Freigabe {0} gibt es keine Schnappschüsse: ihr Typ sieht sie nicht vor.',
  ],
  [
    'Snapshot {} is {}: it must be {}.',
    'Zustand des Schnappschusses {0}: {1!}. Er muss in einem anderen sein: {2!}.',
  ],
  [
    "Snapshot {} is {}: it can't be unmanaged while something is under way.",
    'Zustand des Schnappschusses {0}: {1!}. Solange etwas mit ihm läuft, kann er nicht losgelassen werden.',
  ],
  [
    "share {} has no mount_snapshot_support: its snapshots can't be mounted",
    'Schnappschüsse der Freigabe {0} können nicht eingehängt werden: ihr Typ sieht es nicht vor.',
  ],
  [
    'snapshots of share {} inherit its access rules: change those',
    'Schnappschüsse der Freigabe {0} erben deren Zugriffsregeln: ändern Sie diese.',
  ],
  [
    "access rule {} is {}: its access_level can't be changed any more",
    'Zustand der Zugriffsregel {0}: {1!}. Ihre Stufe kann nicht mehr geändert werden.',
  ],
  [
    'Access rule {} is locked against deletion: use unrestrict or remove the resource lock first.',
    'Zugriffsregel {0} ist gegen Löschen gesperrt: heben Sie erst die Sperre auf.',
  ],
  [
    "Resource lock {} was made by another user: it can't be changed by this one.",
    'Sperre {0} ist von einem anderen Benutzer: Sie können sie nicht ändern.',
  ],
  [
    "Resource lock {} was made by a caller of context {}: it can't be changed by this one.",
    'Sperre {0} wurde mit höherem Rang gesetzt ({1}): Sie können sie nicht ändern.',
  ],
  [
    'Share type {} is still in use by shares, share groups or share group types.',
    'Freigabetyp {0} ist noch in Gebrauch: von Freigaben, Freigabegruppen oder deren Typen.',
  ],
  [
    'Access by project does not apply to a public share type.',
    'Ein öffentlicher Freigabetyp steht jedem Projekt offen.',
  ],
  [
    "Operation {} was begun by an administrator: it can't be cancelled by this caller.",
    'Vorgang {0} hat ein Administrator begonnen: Sie können ihn nicht abbrechen.',
  ],
  [
    "Operation {} was begun by a service: it can't be cancelled by this caller.",
    'Vorgang {0} hat ein Dienst begonnen: Sie können ihn nicht abbrechen.',
  ],
  [
    "Operation {} was begun by an administrator: it can't be retried by this caller.",
    'Vorgang {0} hat ein Administrator begonnen: Sie können ihn nicht wiederholen.',
  ],
  [
    "Operation {} was begun by a service: it can't be retried by this caller.",
    'Vorgang {0} hat ein Dienst begonnen: Sie können ihn nicht wiederholen.',
  ],
  ['A deletion cannot be cancelled.', 'Ein Löschen kann nicht abgebrochen werden.'],
  [
    'Operation {} is a part of operation {}: cancel that one, which takes all of it back.',
    'Vorgang {0} ist ein Teil von Vorgang {1}: Brechen Sie diesen ab, das nimmt alles zurück.',
  ],
  ['Operation {} is being undone already.', 'Vorgang {0} wird schon rückgängig gemacht.'],
  ['Operation {} is over: {}.', 'Vorgang {0} ist zu Ende: {1!}.'],
  [
    'Operation {} is done: there is nothing to retry.',
    'Vorgang {0} ist fertig: es gibt nichts zu wiederholen.',
  ],
  [
    'Operation {} is {}: wait for its end, or cancel it first.',
    'Vorgang {0} ist nicht zu Ende ({1!}): warten Sie, oder brechen Sie ihn erst ab.',
  ],
  [
    "An operation manage-share can't be retried: unmanage the share and manage it again.",
    'Eine Übernahme kann nicht wiederholt werden: lassen Sie die Freigabe los, und übernehmen Sie sie noch einmal.',
  ],
  [
    "An operation manage-snapshot can't be retried: unmanage the snapshot and manage it again.",
    'Eine Übernahme kann nicht wiederholt werden: lassen Sie den Schnappschuss los, und übernehmen Sie ihn noch einmal.',
  ],
  [
    "An operation ensure-shares can't be retried: ask for ensure_shares of the host again.",
    'Ein Prüfen aller Freigaben kann nicht wiederholt werden: verlangen Sie es bei den Diensten noch einmal.',
  ],
  [
    "An operation {} can't be retried: ask for what it was to do anew.",
    'Dieser Vorgang kann nicht wiederholt werden: verlangen Sie neu, was er tun sollte.',
  ],
  [
    'Operation {} is of another release: ask for what it was to do anew.',
    'Vorgang {0} ist aus einer anderen Version: verlangen Sie neu, was er tun sollte.',
  ],
  [
    'An administrator ended operation {}: see how Share {} is, and ask for what it needs.',
    'Vorgang {0} hat ein Administrator beendet: sehen Sie nach, wie es um Freigabe {1} steht, und verlangen Sie, was sie braucht.',
  ],
  [
    'An administrator ended operation {}: see how Snapshot {} is, and ask for what it needs.',
    'Vorgang {0} hat ein Administrator beendet: sehen Sie nach, wie es um Schnappschuss {1} steht, und verlangen Sie, was er braucht.',
  ],
  ['Share {} is gone: ask for a new one.', 'Freigabe {0} gibt es nicht mehr: verlangen Sie eine neue.'],
  [
    'Snapshot {} is gone: ask for a new one.',
    'Schnappschuss {0} gibt es nicht mehr: verlangen Sie einen neuen.',
  ],
  [
    'Operation {} is not the last one of Share {}: look at that one.',
    'Vorgang {0} ist nicht der letzte der Freigabe {1}: sehen Sie sich den an.',
  ],
  [
    'Operation {} is not the last one of Snapshot {}: look at that one.',
    'Vorgang {0} ist nicht der letzte des Schnappschusses {1}: sehen Sie sich den an.',
  ],
  [
    'Share {} is {}: operation {} can be retried when it is {}. Ask for what it needs now.',
    'Zustand der Freigabe {0}: {1!}. Vorgang {2} kann wiederholt werden im Zustand {3!}. Verlangen Sie, was sie jetzt braucht.',
  ],
  [
    'Snapshot {} is {}: operation {} can be retried when it is {}. Ask for what it needs now.',
    'Zustand des Schnappschusses {0}: {1!}. Vorgang {2} kann wiederholt werden im Zustand {3!}. Verlangen Sie, was er jetzt braucht.',
  ],
]
