export const recycleBin = {
  line: 'Freigaben hier zählen auf das Kontingent und können wiederhergestellt werden, bis sie endgültig gelöscht werden.',
  search: 'Name suchen',
  end: 'Löschung',
  emptyTitle: 'Der Papierkorb ist leer',
  emptyText:
    'Eine Freigabe, die hierher gelegt wird, kann einige Tage lang wiederhergestellt werden, mit ihren Daten, Regeln und ihrem Namen.',
}
