import { plural } from '../plural.ts'

const many = plural('de')

export const snapshots = {
  title: 'Schnappschüsse',
  count: (count: number) => many(count, { one: '# Schnappschuss', other: '# Schnappschüsse' }),
  all: 'Alle Schnappschüsse',
  create: 'Schnappschuss machen',
  of: 'Von Freigabe',
  frees: 'Löschen gibt frei',
  holds: 'Enthält',
  shareSize: 'Damalige Größe',
  method: 'Gemessen mit',
  measured: 'Gemessen',
  measure: 'Jetzt messen',
  usage: 'Was er enthält',
  properties: 'Eigenschaften',
  noProperties: 'Noch keine.',
  emptyTitle: 'Noch keine Schnappschüsse',
  emptyText:
    'Ein Schnappschuss hält eine Freigabe so fest, wie sie in einem Augenblick ist. Dateien lassen sich aus ihm holen, die Freigabe kann zu ihm zurück, und eine neue kann mit ihm beginnen.',
  timeline: 'Schnappschüsse über die Zeit',
  timelineHint: 'Je größer ein Punkt, desto mehr gibt sein Löschen frei.',
  now: 'jetzt',
  point: (name: string, when: string, frees: string) => `${name}, ${when}, Löschen gibt ${frees} frei`,
  chooseShare: 'Freigabe',
  noShare: 'Zuerst die Freigabe nennen.',
  costs: (size: string) =>
    `Zählt ${size} zum Kontingent der Schnappschüsse; Platz braucht er erst, wenn sich die Freigabe ändert.`,
  revert: 'Freigabe darauf zurücksetzen',
  revertTitle: (share: string, name: string) => `${share} auf ${name} zurücksetzen?`,
  revertVerb: 'Zurücksetzen',
  revertLost: (when: string) =>
    `Alles, was seit ${when} in die Freigabe geschrieben wurde, ist endgültig verloren.`,
  revertSize: (size: string) => `Die Freigabe ist danach ${size} groß, wie damals.`,
  revertKeeps: 'Zugriffsregeln, Exportpfade, Schnappschüsse und eingehängte Clients bleiben, wie sie sind.',
  revertClients:
    'Clients sind währenddessen abgeschnitten und kommen von selbst zurück. Offene Dateien antworten mit „stale file handle“: halten Sie vorher an, was schreibt.',
  notNewest: (name: string) =>
    `Nur auf den neuesten, ${name}, lässt sich zurücksetzen: löschen Sie zuerst, was nach diesem kam.`,
  unsupported: 'Der Speicher dieser Freigabe kann das nicht.',
  clone: 'Neue Freigabe daraus',
  deleteFrees: (size: string) => `Das gibt ${size} frei.`,
  deleteText:
    'Was nur dieser Schnappschuss enthält, ist endgültig verloren. Die Freigabe und die anderen bleiben, wie sie sind.',
  forceDeleteText:
    'Er wird gelöscht, in welchem Zustand er auch ist. Was der Speicher nicht findet, bleibt dort liegen und muss von Hand entfernt werden.',
  unmanage: 'Loslassen',
  unmanageVerb: 'Loslassen',
  unmanageTitle: (name: string) => `${name} loslassen?`,
  unmanageText:
    'Der Dienst vergisst ihn; im Speicher bleibt er, wie er ist. Unter dem Namen, den er dort hat, lässt er sich wieder übernehmen.',
  resetText:
    'Das schreibt nur einen Zustand auf und tut dem Schnappschuss nichts. Sehen Sie zuerst im Speicher nach.',
  manage: 'Schnappschuss übernehmen',
  manageVerb: 'Übernehmen',
  location: 'Wie der Speicher ihn nennt',
  locationHint: 'Etwa der Name des Subvolumes, so wie sein Treiber ihn schreibt.',
  driverOptions: 'Angaben für den Treiber',
  mounting: 'Einhängen',
  mountingText:
    'Dieser Schnappschuss lässt sich einhängen, nur zum Lesen, von wem seine eigenen Regeln einlassen.',
  exports: 'Exportpfade',
  noExports: 'Noch keine: er wird exportiert, sobald die erste Regel jemanden einlässt.',
  rules: 'Zugriffsregeln des Schnappschusses',
  noRules: 'Noch darf ihn niemand einhängen.',
  allow: 'Zugriff erlauben',
  deny: 'Verweigern',
  denyTitle: (name: string) => `${name} den Zugriff verweigern?`,
  denyText: 'Wer den Schnappschuss eingehängt hat, bekommt Fehler. Die Freigabe selbst bleibt unberührt.',
}
