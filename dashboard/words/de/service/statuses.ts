/** States, kinds of work and its steps, by their words on the wire. */
import type { OperationKind, StepName } from '../../../../src/model/operations.ts'
import type {
  RulesStatus,
  RuleState,
  ShareStatus,
  SnapshotStatus,
  taskStates,
} from '../../../../src/model/states.ts'
import type { operationStates } from '../../../../src/wire/operations/schema.ts'

type Operation = (typeof operationStates)[number]
type Task = (typeof taskStates)[number]
type Status = ShareStatus | SnapshotStatus | RuleState | RulesStatus | Operation | Task

export const statuses: Readonly<Record<Status, string>> = {
  creating: 'wird angelegt',
  creating_from_snapshot: 'wird aus Schnappschuss angelegt',
  deleting: 'wird gelöscht',
  deferred_deleting: 'wird später gelöscht',
  error: 'Fehler',
  error_deleting: 'Löschen gescheitert',
  error_deferred_deleting: 'späteres Löschen gescheitert',
  available: 'verfügbar',
  inactive: 'inaktiv',
  manage_starting: 'wird übernommen',
  manage_error: 'Übernahme gescheitert',
  unmanage_starting: 'wird losgelassen',
  manage_error_unmanage_starting: 'wird nach gescheiterter Übernahme losgelassen',
  unmanage_error: 'Loslassen gescheitert',
  unmanaged: 'losgelassen',
  extending: 'wird vergrößert',
  extending_error: 'Vergrößern gescheitert',
  shrinking: 'wird verkleinert',
  shrinking_error: 'Verkleinern gescheitert',
  shrinking_possible_data_loss_error: 'nicht verkleinert: Daten gingen verloren',
  migrating: 'zieht um',
  migrating_to: 'Ziel eines Umzugs',
  server_migrating: 'zieht mit ihrem Server um',
  server_migrating_to: 'Ziel eines Umzugs des Servers',
  replication_change: 'aktives Replikat wechselt',
  restoring: 'wird wiederhergestellt',
  reverting: 'wird zurückgesetzt',
  reverting_error: 'Zurücksetzen gescheitert',
  awaiting_transfer: 'wartet auf Übergabe',
  backup_creating: 'wird gesichert',
  backup_restoring: 'wird aus Sicherung wiederhergestellt',
  backup_restoring_error: 'Wiederherstellen aus Sicherung gescheitert',
  ensuring: 'wird geprüft',
  // Access rules.
  queued_to_apply: 'wartet auf Anwendung',
  applying: 'wird angewandt',
  active: 'aktiv',
  queued_to_deny: 'wartet auf Entzug',
  denying: 'wird entzogen',
  queued_to_update: 'wartet auf Änderung',
  updating: 'wird geändert',
  deleted: 'gelöscht',
  syncing: 'wird abgeglichen',
  // Operations.
  queued: 'wartet',
  running: 'läuft',
  undoing: 'wird rückgängig gemacht',
  done: 'fertig',
  failed: 'gescheitert',
  cancelled: 'abgebrochen',
  // Task states.
  migration_starting: 'Umzug beginnt',
  migration_in_progress: 'Umzug läuft',
  migration_completing: 'Umzug wird abgeschlossen',
  migration_success: 'umgezogen',
  migration_error: 'Umzug gescheitert',
  migration_cancelled: 'Umzug abgebrochen',
  migration_driver_starting: 'Umzug durch den Treiber beginnt',
  migration_driver_in_progress: 'Umzug durch den Treiber läuft',
  migration_driver_phase1_done: 'Umzug durch den Treiber: erste Hälfte fertig',
  data_copying_starting: 'Kopieren beginnt',
  data_copying_in_progress: 'Kopieren läuft',
  data_copying_completing: 'Kopieren wird abgeschlossen',
  data_copying_completed: 'kopiert',
  data_copying_cancelled: 'Kopieren abgebrochen',
  data_copying_error: 'Kopieren gescheitert',
}

/** „… läuft“, „… ist gescheitert“ and „… abbrechen?“ follow them. */
export const kinds: Readonly<Record<OperationKind, string>> = {
  'create-share': 'Anlegen der Freigabe',
  'delete-share': 'Löschen der Freigabe',
  'extend-share': 'Vergrößern der Freigabe',
  'shrink-share': 'Verkleinern der Freigabe',
  'create-snapshot': 'Anlegen des Schnappschusses',
  'delete-snapshot': 'Löschen des Schnappschusses',
  'revert-share': 'Zurücksetzen der Freigabe',
  'revert-and-extend-share': 'Zurücksetzen und Vergrößern der Freigabe',
  'manage-share': 'Übernahme der Freigabe',
  'unmanage-share': 'Loslassen der Freigabe',
  'manage-snapshot': 'Übernahme des Schnappschusses',
  'unmanage-snapshot': 'Loslassen des Schnappschusses',
  'ensure-shares': 'Prüfen aller Freigaben',
}

type AnyStep = { [Kind in OperationKind]: StepName<Kind> }[OperationKind]

export const steps: Readonly<Record<AnyStep, string>> = {
  place: 'Platz finden',
  backend: 'Arbeit auf dem Backend',
  export: 'Exportieren',
  publish: 'Ergebnis festhalten',
  withdraw: 'Export zurückziehen',
  forget: 'Eintrag entfernen',
  serve: 'Freigeben',
  erase: 'Auf dem Backend löschen',
  'access rules': 'Zugriffsregeln anwenden',
  ensure: 'Freigaben prüfen',
}

export const nouns: Readonly<Record<string, string>> = {
  share: 'Freigabe',
  snapshot: 'Schnappschuss',
  share_snapshot: 'Schnappschuss',
  share_type: 'Freigabetyp',
  share_instance: 'Instanz',
  share_replica: 'Replikat',
  share_group: 'Freigabegruppe',
  share_network: 'Netz',
  share_server: 'Freigabeserver',
  security_service: 'Sicherheitsdienst',
  access_rule: 'Zugriffsregel',
  backend: 'Backend',
  // Of the audit trail.
  resource_lock: 'Sperre',
  message: 'Meldung',
  operation: 'Vorgang',
  service: 'Dienst',
  pool: 'Pool',
  quota_set: 'Kontingent',
  user: 'Benutzer',
  group: 'Gruppe',
  project: 'Projekt',
  domain: 'Domäne',
  role: 'Rolle',
  application_credential: 'Anwendungsschlüssel',
}
