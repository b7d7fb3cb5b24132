/** Why a new share, or one that is taken over or changes its size, is refused before anything is done. */
import type { Sentences } from './sentence-pairs.ts'

export const requests: Sentences = [
  [
    'share.size must be given unless the share is made from a snapshot',
    'share.size muss angegeben werden, wenn die Freigabe nicht aus einem Schnappschuss entsteht',
  ],
  [
    "share.size must be at least the snapshot's size of {} GiB",
    'share.size muss mindestens so groß sein wie der Schnappschuss: {0} GiB',
  ],
  [
    'the size must be at least {} GiB for share type {}',
    'Freigabetyp {1}: die Größe muss mindestens {0} GiB sein',
  ],
  [
    'the size must be at most {} GiB for share type {}',
    'Freigabetyp {1}: die Größe darf höchstens {0} GiB sein',
  ],
  ['new_size must be more than the present {} GiB', 'new_size muss mehr sein als die jetzigen {0} GiB'],
  ['size must be a whole number of GiB', 'size muss eine ganze Zahl von GiB sein'],
  [
    'share.share_network_id must be given: the share type handles share servers',
    'share.share_network_id muss angegeben werden: der Freigabetyp arbeitet mit Share-Servern',
  ],
  [
    'share.encryption_key_ref must be the uuid of a secret',
    'share.encryption_key_ref muss die UUID eines Geheimnisses sein',
  ],
  [
    'share.encryption_key_ref needs a share type with encryption_support and share servers',
    'share.encryption_key_ref braucht einen Freigabetyp mit encryption_support und Share-Servern',
  ],
  [
    'share.mount_point_name needs a share type with mount_point_name_support',
    'share.mount_point_name braucht einen Freigabetyp mit mount_point_name_support',
  ],
  [
    'share.mount_point_name must give a name of letters, digits, _ and -, at most 255 with its prefix',
    'share.mount_point_name muss einen Namen aus Buchstaben, Ziffern, _ und - ergeben, mit dem Präfix höchstens 255 Zeichen',
  ],
  [
    'share.mount_point_name is taken: choose another name',
    'share.mount_point_name ist vergeben: wählen Sie einen anderen Namen',
  ],
  [
    'share.share_type must be the type of the share the snapshot was taken of',
    'share.share_type muss der Typ der Freigabe sein, von der der Schnappschuss ist',
  ],
  [
    'share.availability_zone must be the zone of the share the snapshot was taken of',
    'share.availability_zone muss die Zone der Freigabe sein, von der der Schnappschuss ist',
  ],
  [
    'share.availability_zone must be one of {} for share type {}',
    'share.availability_zone muss bei Freigabetyp {1} eine von diesen sein: {0}',
  ],
  ['snapshot {} is {}: it must be {}', 'Schnappschuss {0} ist {1!}: er müsste {2!} sein'],
  [
    'snapshot {} has nothing on a backend that a share could be made from',
    'Von Schnappschuss {0} liegt auf keinem Backend etwas, woraus eine Freigabe werden könnte',
  ],
  [
    "share {} has no create_share_from_snapshot_support: its snapshots can't become shares",
    'Freigabe {0} hat kein create_share_from_snapshot_support: aus ihren Schnappschüssen können keine Freigaben werden',
  ],
  [
    'scheduler_hints.{} may name at most {} shares',
    'scheduler_hints.{0} darf höchstens {1} Freigaben nennen',
  ],
  [
    'scheduler_hints.{} must be a comma-separated list of share uuids',
    'scheduler_hints.{0} muss eine Liste von UUIDs von Freigaben sein, durch Kommas getrennt',
  ],
  [
    "scheduler_hints.{} can't name share {}: {} shares name it already, and there is no room for more",
    'scheduler_hints.{0} kann Freigabe {1} nicht nennen: {2} Freigaben nennen sie schon, mehr haben keinen Platz',
  ],
  [
    'share.service_host must name a pool: host@backend#pool',
    'share.service_host muss einen Pool nennen: host@backend#pool',
  ],
  [
    'share.share_server_id must be given exactly when the share type handles share servers',
    'share.share_server_id muss genau dann angegeben werden, wenn der Freigabetyp mit Share-Servern arbeitet',
  ],
  [
    'the service of {} is down: share.service_host must name one that is up',
    'Der Dienst von {0} läuft nicht: share.service_host muss einen nennen, der läuft',
  ],
  ['{} must be one of {}', '{0} muss eines davon sein: {1}'],
]
