import type { Words } from '../index.ts'

export const groups: Words['groups'] = {
  title: 'Freigabegruppen',
  all: 'Alle Freigabegruppen',
  create: 'Freigabegruppe anlegen',
  emptyTitle: 'Noch keine Freigabegruppen',
  emptyText:
    'Eine Freigabegruppe hält zusammengehörige Freigaben an einem Ort, damit ein Schnappschuss von allen gemacht wird oder von keiner.',
  type: 'Gruppentyp',
  shareTypes: 'Freigabetypen',
  source: 'Aus Gruppenschnappschuss',
  pool: 'Pool',
  newShare: 'Neue Freigabe darin',
  noShares: 'Noch keine Freigaben darin',
  showAll: 'Alle zeigen',
  deleteText:
    'Nur eine leere Gruppe lässt sich löschen: ihre Freigaben und Gruppenschnappschüsse zuerst, jede für sich.',
  forceText:
    'Das alles wird mit der Gruppe gelöscht, in welchem Zustand es auch ist, und ist endgültig verloren. Was der Speicher nicht findet, bleibt dort liegen und muss von Hand entfernt werden.',
  resetText:
    'Das schreibt nur einen Zustand auf und tut der Gruppe und ihren Freigaben nichts. Sehen Sie zuerst nach diesen.',
  form: {
    type: 'Welche Arten von Freigaben darin sein können.',
    shareTypes: 'Freigaben dieser Typen können darin angelegt werden. Ein einziger Pool muss alle aufnehmen.',
    source: 'Die neue Gruppe beginnt mit einer Kopie jeder Freigabe darin, im selben Pool.',
    noSource: 'leer',
    zone: 'Wo sie und ihre Freigaben liegen sollen.',
    anyZone: 'beliebige Zone',
    noType: 'Wählen Sie einen Gruppentyp.',
    noShareType: 'Wählen Sie mindestens einen Freigabetyp.',
    noTypes: 'Es gibt noch keinen Gruppentyp.',
    noTypesNext: 'Ein Administrator muss einen anlegen, bevor es Gruppen geben kann.',
    makeType: 'Einen anlegen',
  },
}
