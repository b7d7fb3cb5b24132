export const login = {
  title: 'Anmelden',
  name: 'Benutzername',
  password: 'Passwort',
  domain: 'Domäne',
  submit: 'Anmelden',
  wrong: 'Benutzername oder Passwort ist falsch.',
  unreachable: 'Ob das stimmt, kann gerade niemand sagen. Versuchen Sie es gleich noch einmal.',
  service: 'Gemeinsame Dateisysteme',
}
