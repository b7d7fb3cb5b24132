/** What is wrong with a field, after its name: the `says` of `src/wire`, and a few more that the pages meet. */
import type { Sentences } from './sentence-pairs.ts'

export const fields: Sentences = [
  ['must be a string of at most {} characters', 'darf höchstens {0} Zeichen lang sein'],
  [
    'must be a string of 1 to {} characters, not all of them blank',
    'muss 1 bis {0} Zeichen haben, nicht nur Leerzeichen',
  ],
  [
    'must be a string of 1 to 255 characters without blanks, quotes, parentheses, commas, % or :',
    'muss 1 bis 255 Zeichen haben, ohne Leerzeichen, Anführungszeichen, Klammern, Kommas, % und :',
  ],
  ['must be a string of 1 to 255 characters without / and ,', 'muss 1 bis 255 Zeichen haben, ohne / und ,'],
  ['must be a string of 1 to {} characters', 'muss 1 bis {0} Zeichen haben'],
  ['must be a text of 1 to {} characters', 'muss 1 bis {0} Zeichen haben'],
  [
    'must be the export path as a string of 1 to {} characters',
    'muss der Exportpfad sein, 1 bis {0} Zeichen',
  ],
  [
    'must be a whole number from -1 (unlimited) to {}',
    'muss eine ganze Zahl von -1 (ohne Grenze) bis {0} sein',
  ],
  ['must be a whole number from {} to {}', 'muss eine ganze Zahl von {0} bis {1} sein'],
  ['must be a whole number', 'muss eine ganze Zahl sein'],
  ['must be a number', 'muss eine Zahl sein'],
  ['must be a uuid', 'muss eine UUID sein'],
  ['must be a boolean (true or false)', 'muss true oder false sein'],
  [
    'must be an object of strings: keys of 1 to 255 characters, values of 1 to 1023',
    'muss aus Paaren bestehen: Schlüssel von 1 bis 255 Zeichen, Werte von 1 bis 1023',
  ],
  [
    'must be an object of strings, numbers and booleans',
    'muss aus Texten, Zahlen und true oder false bestehen',
  ],
  ['must be one of {}', 'muss eines davon sein: {0}'],
  ['must be given', 'muss angegeben werden'],
  ['must not contain NUL or unpaired surrogates', 'enthält Zeichen, die nicht gespeichert werden können'],
  [
    'Quota exceeded: {} of the project is limited to {}, {} in use, {} more asked for.',
    'Kontingent erschöpft ({0}): dem Projekt stehen {1} zu, {2} sind belegt, {3} mehr wurden verlangt.',
  ],
  [
    'Quota exceeded: {} of this user is limited to {}, {} in use, {} more asked for.',
    'Kontingent erschöpft ({0}): diesem Benutzer stehen {1} zu, {2} sind belegt, {3} mehr wurden verlangt.',
  ],
  [
    'Quota exceeded: {} of this share type is limited to {}, {} in use, {} more asked for.',
    'Kontingent erschöpft ({0}): diesem Freigabetyp stehen {1} zu, {2} sind belegt, {3} mehr wurden verlangt.',
  ],
  [
    'Quota exceeded: one share may have at most {} GiB, {} GiB asked for.',
    'Kontingent erschöpft: eine Freigabe darf höchstens {0} GiB haben, verlangt wurden {1} GiB.',
  ],
  ['It is on no backend.', 'Sie liegt auf keinem Backend.'],
  ['It has not been measured yet.', 'Das wurde noch nicht gemessen.'],
  [
    'The backend that holds it has no such figure at present.',
    'Das Backend kennt diesen Wert zur Zeit nicht.',
  ],
]
