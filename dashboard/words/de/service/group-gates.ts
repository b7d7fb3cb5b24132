/** Why something with share groups, their snapshots or their types is refused. */
import type { Sentences } from './sentence-pairs.ts'

export const groupGates: Sentences = [
  [
    'Share group {} is {}: it must be {}.',
    'Zustand der Freigabegruppe {0}: {1!}. Sie muss in einem anderen sein: {2!}.',
  ],
  [
    'Share group {} has 1 group snapshot: delete it first.',
    'Freigabegruppe {0} hat einen Gruppenschnappschuss: löschen Sie erst diesen.',
  ],
  [
    'Share group {} has {} group snapshots: delete them first.',
    'Freigabegruppe {0} hat {1} Gruppenschnappschüsse: löschen Sie erst diese.',
  ],
  [
    'Share group {} has 1 share: delete it first.',
    'Freigabegruppe {0} hat eine Freigabe: löschen Sie erst diese.',
  ],
  [
    'Share group {} has {} shares: delete them first.',
    'Freigabegruppe {0} hat {1} Freigaben: löschen Sie erst diese.',
  ],
  [
    'share group {} is {}: a share can be made in it when it is {}',
    'Zustand der Freigabegruppe {0}: {1!}. Eine Freigabe lässt sich darin nur anlegen im Zustand {2!}.',
  ],
  [
    "share.share_group_id: share group {} is another project's",
    'share.share_group_id: Freigabegruppe {0} gehört einem anderen Projekt',
  ],
  [
    'Share {} of the group is in the recycle bin: all of them must be {}.',
    'Freigabe {0} der Gruppe liegt im Papierkorb: alle müssen in diesem Zustand sein: {1!}.',
  ],
  ['Share {} of the group is busy: {}.', 'Freigabe {0} der Gruppe ist beschäftigt: {1!}.'],
  [
    'Share {} of the group is {}: all of them must be {}.',
    'Zustand der Freigabe {0} der Gruppe: {1!}. Alle müssen in diesem sein: {2!}.',
  ],
  [
    'Share {} of the group has no snapshot_support: its type has none.',
    'Von Freigabe {0} der Gruppe gibt es keine Schnappschüsse: ihr Typ sieht sie nicht vor.',
  ],
  ['Share {} of the group is on no backend.', 'Freigabe {0} der Gruppe liegt auf keinem Backend.'],
  [
    'Share group snapshot {} is {}: it must be {}.',
    'Zustand des Gruppenschnappschusses {0}: {1!}. Er muss in einem anderen sein: {2!}.',
  ],
  [
    'Share group snapshot {} is being made into a share group: wait for that.',
    'Aus Gruppenschnappschuss {0} entsteht gerade eine Freigabegruppe: warten Sie darauf.',
  ],
  [
    'Share group type {} is still in use by share groups.',
    'Gruppentyp {0} ist noch in Gebrauch: von Freigabegruppen.',
  ],
  [
    'Access by project does not apply to a public share group type.',
    'Ein öffentlicher Gruppentyp steht jedem Projekt offen.',
  ],
  [
    "An operation create-share-group can't be retried: delete the share group and make it anew.",
    'Das Anlegen einer Freigabegruppe kann nicht wiederholt werden: löschen Sie sie, und legen Sie eine neue an.',
  ],
  [
    "An operation create-share-group-snapshot can't be retried: delete the group snapshot and take it anew.",
    'Ein Gruppenschnappschuss kann nicht noch einmal versucht werden: löschen Sie ihn, und machen Sie einen neuen.',
  ],
  [
    "An operation delete-share-group can't be retried: delete the share group again.",
    'Dieses Löschen kann nicht wiederholt werden: löschen Sie die Freigabegruppe noch einmal.',
  ],
  [
    "An operation delete-share-group-snapshot can't be retried: delete the group snapshot again.",
    'Dieses Löschen kann nicht wiederholt werden: löschen Sie den Gruppenschnappschuss noch einmal.',
  ],
  // Of a new group, or a share that is to be in one.
  [
    "share_group.{} can't be given with source_share_group_snapshot_id: the new group is as the one that was taken",
    'share_group.{0} kann nicht zu source_share_group_snapshot_id angegeben werden: die neue Gruppe ist wie die, von der er gemacht wurde',
  ],
  [
    'share_group.share_network_id: there is no share network {}',
    'share_group.share_network_id: es gibt kein Netz {0}',
  ],
  [
    'share_group.share_network_id must be given: the share types handle share servers',
    'share_group.share_network_id muss angegeben werden: die Freigabetypen arbeiten mit Share-Servern',
  ],
  [
    'share_group.source_share_group_snapshot_id: there is no group snapshot {}',
    'share_group.source_share_group_snapshot_id: es gibt keinen Gruppenschnappschuss {0}',
  ],
  [
    'share_group.share_types: share group type {} has no share type {}',
    'share_group.share_types: Gruppentyp {0} hat keinen Freigabetyp {1}',
  ],
  [
    'share_group.share_types: there is no share type {}',
    'share_group.share_types: es gibt keinen Freigabetyp {0}',
  ],
  [
    'share_group.share_types must name a share type: there is no default one',
    'share_group.share_types muss einen Freigabetyp nennen: keiner ist vorgegeben',
  ],
  [
    'share_group.share_types must be alike in driver_handles_share_servers',
    'share_group.share_types müssen in driver_handles_share_servers gleich sein',
  ],
  [
    'share_group.availability_zone needs microversion 2.34',
    'share_group.availability_zone braucht Mikroversion 2.34',
  ],
  [
    'share_group.availability_zone must be one of {} for share type {}',
    'share_group.availability_zone muss bei Freigabetyp {1} eine von diesen sein: {0}',
  ],
  [
    'share_group.share_group_type_id must be given: there is no default share group type',
    'share_group.share_group_type_id muss angegeben werden: kein Gruppentyp ist vorgegeben',
  ],
  [
    'share_group.share_group_type_id: there is no share group type {}',
    'share_group.share_group_type_id: es gibt keinen Gruppentyp {0}',
  ],
  [
    'share.availability_zone must be the zone of share group {}',
    'share.availability_zone muss die Zone der Freigabegruppe {0} sein',
  ],
  [
    'share.share_type must be one of the share types of share group {}',
    'share.share_type muss einer der Freigabetypen der Freigabegruppe {0} sein',
  ],
  [
    'share.snapshot_id must be of a share in the pool of share group {}',
    'share.snapshot_id muss von einer Freigabe im Pool der Freigabegruppe {0} sein',
  ],
  [
    'scheduler_hints.only_host must be the pool of share group {}',
    'scheduler_hints.only_host muss der Pool der Freigabegruppe {0} sein',
  ],
  [
    "The value of group spec '{}' must be one of {}.",
    'Der Wert des Merkmals „{0}“ der Gruppe muss eines davon sein: {1}.',
  ],
]
