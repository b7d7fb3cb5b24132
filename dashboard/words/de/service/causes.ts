/** Why work failed: by the code of its cause, by the id of the message's detail, by the filter that refused. */
import type { CauseCode } from '../../../../src/model/causes.ts'
import type { MessageAction, MessageDetail } from '../../../../src/model/messages.ts'
import type { refusals as refusalsSaid } from '../../../../src/model/refusals.ts'

const administrator = 'Ein Administrator findet den Grund über die Anfragenummer.'

export const causes: Readonly<Record<CauseCode, string>> = {
  cancelled: 'Es wurde auf Wunsch abgebrochen.',
  deadline: `Es dauerte länger als erlaubt, auch mit Wiederholungen. Versuchen Sie es später noch einmal. ${administrator}`,
  'force-deleted': 'Woran gearbeitet wurde, wurde gewaltsam gelöscht.',
  gone: 'Woran gearbeitet wurde, wurde inzwischen gelöscht.',
  'no-backend': 'Die Freigabe liegt auf keinem Backend. Sie kann nur gelöscht werden.',
  'no-valid-host':
    'Es fand sich kein Speicher. Mit einer anderen Größe, einem anderen Freigabetyp oder einer anderen Zone kann es gelingen.',
  'not-in-order':
    'Nicht alles Geprüfte ist in Ordnung. Das Protokoll seines manila-share nennt jedes einzelne; das übrige wird bedient. Prüfen Sie noch einmal, wenn das Backend wieder heil ist.',
  'over-quota':
    'Das Kontingent hat dafür keinen Platz. Löschen Sie etwas, oder bitten Sie einen Administrator um mehr.',
  'share-gone': 'Die Freigabe wurde inzwischen gelöscht.',
  'status-reset': 'Ein Administrator hat den Zustand neu gesetzt.',
  'under-way': 'Es ist noch nicht fertig und geht weiter.',
  unexpected: 'Etwas Unerwartetes ging schief. Ein Administrator findet es über die Anfragenummer.',
  'access-level-unsupported': 'Das Backend kennt diese Zugriffsstufe nicht: wählen Sie eine andere.',
  'access-type-unsupported': 'Das Backend kennt diese Art von Zugriff nicht: wählen Sie eine andere.',
  'backend-maybe-happened': `Das Backend hat keine sichere Antwort gegeben. ${administrator}`,
  'backend-no-room-here':
    'Das Backend hat dafür keinen Platz. Verlangen Sie weniger, oder versuchen Sie es noch einmal, wenn etwas gelöscht wurde.',
  'backend-nothing-happened': `Das Backend hat es abgelehnt. ${administrator}`,
  busy: 'Es ist auf dem Backend in Gebrauch. Versuchen Sie es noch einmal, wenn seine Clients es losgelassen haben.',
  'client-forbidden': 'Dieser Client darf keinen Zugriff auf die Freigabe haben: nennen Sie einen anderen.',
  fenced: 'Ein anderer Prozess des Dienstes hatte es übernommen.',
  'host-lacks': `Dem Backend fehlt etwas, das es dafür braucht. ${administrator}`,
  'not-found':
    'Das Backend findet es nicht. Prüfen Sie den angegebenen Namen; war es vorher da, fragen Sie einen Administrator.',
  'shrink-would-lose-data':
    'Die Freigabe enthält mehr Daten, als die neue Größe fasst. Löschen Sie Daten, oder wählen Sie eine größere.',
  'size-mismatch': 'Auf dem Backend hat es eine andere Größe.',
  unsupported: 'Das Backend kann das nicht. Ein anderer Freigabetyp kann es vielleicht.',
  'withdraw-first':
    'Clients haben es auf dem Backend noch offen. Versuchen Sie es noch einmal, wenn sie es losgelassen haben.',
}

export const actions: Readonly<Record<MessageAction, string>> = {
  '001': 'Platz finden',
  '002': 'Anlegen',
  '003': 'Zugriffsregeln löschen',
  '004': 'Zum aktiven Replikat machen',
  '005': 'Ändern',
  '006': 'Auf Schnappschuss zurücksetzen',
  '007': 'Löschen',
  '008': 'Vergrößern',
  '009': 'Verkleinern',
  '010': 'Zugriffsregeln ändern',
  '011': 'Sicherheitsdienst hinzufügen oder ändern',
  '026': 'Übergabe annehmen',
  '027': 'Metadaten ändern',
  '028': 'Sicherung wiederherstellen',
}

const noRoom = 'Für diese Anfrage fand sich kein Speicher.'

export const details: Readonly<Record<MessageDetail, string>> = {
  '001': 'Ein unbekannter Fehler ist aufgetreten.',
  '002': `${noRoom} Mit einer anderen Größe, einem anderen Freigabetyp oder einer anderen Zone kann es gelingen.`,
  '003':
    'Mit der jetzigen Konfiguration erwartet der Treiber kein Freigabenetz. Fragen Sie ohne eines, oder mit einem Freigabetyp, der Freigabeserver benutzt.',
  '004':
    'Im angegebenen Freigabenetz gibt es keinen Freigabeserver, und es ließ sich keiner anlegen. In einem anderen kann es gelingen.',
  '005':
    'Für ein neues Replikat braucht die Freigabe ein aktives, das verfügbar ist. Versuchen Sie es noch einmal, wenn sie eines hat.',
  '006': 'Die Freigabe hat kein aktives Replikat. Ein Administrator kann eines dazu machen.',
  '007': `${noRoom} Kein Backend ist in einer Zone, die Anfrage und Freigabetyp zulassen: nennen Sie eine andere Zone oder einen anderen Freigabetyp.`,
  '008': `${noRoom} Kein Backend kann alles, was der Freigabetyp verlangt: wählen Sie einen anderen.`,
  '009': `${noRoom} Kein Backend hat genug Platz: verlangen Sie weniger, oder versuchen Sie es noch einmal, wenn etwas gelöscht wurde.`,
  '010': `${noRoom} Die Filterfunktion jedes Backends hat sie abgelehnt: mit einer anderen Größe oder einem anderen Freigabetyp kann es gelingen.`,
  '011': `${noRoom} Jedes passende Backend wurde schon versucht: versuchen Sie es später noch einmal.`,
  '012': `${noRoom} Kein Backend erfüllt die Abfrage in den Scheduler-Hinweisen: verlangen Sie darin weniger.`,
  '013': `${noRoom} Jedes passende Backend wurde versucht und scheiterte: versuchen Sie es später noch einmal, oder fragen Sie einen Administrator.`,
  '014': `${noRoom} Kein Backend kann ein Replikat dieser Freigabe aufnehmen.`,
  '015':
    'Der Treiber konnte die Freigabe nicht vergrößern; ihr Zustand ist jetzt „Vergrößern gescheitert“. Ein Administrator kann ihn neu setzen, sobald die Ursache behoben ist.',
  '016': `${noRoom} Aus diesem Schnappschuss kann eine Freigabe nur dort entstehen, wo er liegt.`,
  '017':
    'Der Treiber konnte die Freigabe nicht aus dem Schnappschuss anlegen. Der Schnappschuss ist unverändert: löschen Sie diese Freigabe, und legen Sie eine neue an.',
  '018':
    'Der Treiber hat das Verkleinern abgelehnt: die Freigabe enthält mehr Daten, als die neue Größe fasst, und einige gingen verloren. Ihre Größe ist unverändert; löschen Sie Daten, oder wählen Sie eine größere.',
  '019':
    'Der Treiber kann Freigaben nicht verkleinern. Ihre Größe ist unverändert; eine neue Freigabe kann in der kleineren Größe angelegt werden.',
  '020':
    'Der Client bekam keinen Zugriff. Er darf keinen auf diese Freigabe haben: nennen Sie einen anderen.',
  '021':
    'Der Client bekam keinen Zugriff. Das Backend kennt diese Art oder Stufe von Zugriff für die Freigabe nicht: wählen Sie eine andere.',
  '022':
    'Der Treiber konnte Sicherheitsdienste des Freigabenetzes nicht einrichten. Das Backend kann sie so, wie sie sind, nicht benutzen.',
  '023':
    'Der Treiber konnte die Freigabe nicht anlegen, weil die Anmeldung beim Sicherheitsdienst scheiterte. Prüfen Sie Benutzer, Passwort, OU und Domäne.',
  '024': 'Es gibt keinen vorgegebenen Freigabetyp. Nennen Sie einen.',
  '025':
    'Der Treiber konnte die Freigabe nicht anlegen, weil dem Freigabenetz ein Sicherheitsdienst fehlt. Fügen Sie den hinzu, den der Freigabetyp verlangt.',
  '026': 'Die Übergabe kann nur angenommen werden, wenn die Zugriffsregeln dabei entfernt werden.',
  '027':
    'Im Subnetz des Freigabenetzes ließ sich kein Anschluss anlegen. Das Kontingent des Netzes für Anschlüsse ist erschöpft: geben Sie welche frei.',
  '028': `${noRoom} Zur Zeit ist kein Backend bereit: versuchen Sie es später noch einmal.`,
  '029': 'Der Treiber hat getan, was die Metadaten verlangen.',
  '030': 'Der Treiber konnte nicht tun, was die Metadaten verlangen.',
  '031':
    'Gelöscht wurden auch Metadaten, die der Treiber umsetzt; davon erfährt er nichts. Das Backend bleibt bei dem, was ihm vorher gesagt wurde.',
  '032': 'Der Treiber der Freigabe kann eine Sicherung nicht in eine bestimmte Freigabe wiederherstellen.',
  '033':
    'Der Treiber konnte im Freigabenetz keinen Freigabeserver anlegen, weil das Subnetz keine freie Adresse hat. Geben Sie welche frei, oder nennen Sie ein anderes Freigabenetz.',
  '034': 'Das Backend kann mit dieser Anordnung von Replikaten nicht umgehen.',
}

/** Of storage: „Er“ is a pool. */
export const refusals: Readonly<Record<keyof typeof refusalsSaid, string>> = {
  service: 'Er ist zur Zeit nicht bereit.',
  'closed backend': 'Er nimmt zur Zeit nichts Neues an.',
  'share type': 'Kein Freigabetyp ist genannt, und keiner ist vorgegeben.',
  protocol: 'Er bietet dieses Protokoll nicht an, oder zur Zeit nicht.',
  OnlyHostFilter: 'Er ist nicht der, den only_host nennt.',
  AvailabilityZoneFilter: 'Er ist in einer anderen Zone, als verlangt ist oder der Freigabetyp zulässt.',
  CapacityFilter: 'Er hat keinen Platz für eine Freigabe dieser Größe.',
  CapabilitiesFilter: 'Ihm fehlt etwas, das der Freigabetyp oder das Protokoll braucht.',
  DriverFilter: 'Er nimmt eine solche Freigabe nicht an.',
  ShareReplicationFilter: 'Er repliziert nicht so, wie es der Freigabetyp verlangt.',
  CreateFromSnapshotFilter: 'Eine Freigabe aus diesem Schnappschuss kann dort nicht entstehen.',
  AffinityFilter: 'Er trägt nicht die Freigaben, die same_host nennt.',
  AntiAffinityFilter: 'Er trägt eine Freigabe, die different_host nennt.',
  RetryFilter: 'Er wurde schon versucht und konnte nicht.',
  IgnoreAttemptedHostsFilter: 'Er wurde schon versucht und konnte nicht.',
  JsonFilter: 'Er erfüllt den Hinweis query nicht.',
  ConsistentSnapshotFilter: 'Er kann nicht von mehreren Freigaben zugleich Schnappschüsse machen.',
}
