// Which key a chord is made with, whatever the keyboard's alphabet.

type Press = Pick<KeyboardEvent, "key" | "code">;

/** Keys of a Latin keyboard that an alphabet of its own has taken, by their place. */
const PLACES: Record<string, string> = { Comma: "," };

/**
 * The key, in lower case: the letter that it types, or where that is of another alphabet, as in
 * Cyrillic or Greek, the Latin one of its place.
 */
export function chordKey({ key, code }: Press): string {
  const isForeign = key.length === 1 && key > "\u007f";
  const place = isForeign ? (/^Key([A-Z])$/.exec(code)?.[1] ?? PLACES[code]) : undefined;
  return (place ?? key).toLowerCase();
}
