import type { Words } from '../index.ts'

export const instances: Words['instances'] = {
  title: 'Instanzen von Freigaben',
  instance: 'Instanz',
  share: 'Freigabe',
  pool: 'Pool',
  access: 'Zugriffsregeln',
  replica: 'Lage als Replikat',
  progress: 'Fortschritt',
  server: 'Freigabeserver',
  network: 'Freigabenetz',
  path: 'Exportpfad',
  find: 'ID oder Exportpfad',
  exports: 'Exportpfade',
  noExports: 'Sie ist zurzeit nirgends exportiert.',
  preferred: 'bevorzugt',
  adminOnly: 'nur für Administratoren',
  reset: 'Zustand setzen',
  resetTitle: (id: string) => `Den Zustand von ${id} setzen?`,
  resetText:
    'Nur das Wort wird geschrieben: an der Freigabe geschieht nichts. Gut, wenn Sie wissen, dass der Dienst sich irrt.',
  resetVerb: 'Zustand setzen',
  status: 'Neuer Zustand',
  remove: 'Löschen erzwingen',
  removeTitle: (id: string) => `Das Löschen der Instanz ${id} erzwingen?`,
  removeText:
    'Alles darin ist für immer verloren, in welchem Zustand sie auch ist. Ist sie die letzte ihrer Freigabe, geht die Freigabe mit.',
  removeVerb: 'Endgültig löschen',
  emptyTitle: 'Keine Instanzen',
  emptyText: 'Jede Freigabe hat mindestens eine Instanz: das, was wirklich in einem Pool liegt.',
  manage: 'Übernehmen, was in einem Pool liegt',
}
