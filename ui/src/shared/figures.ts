// Numbers and times as people read them. The present moment is always handed in.

const WHOLE = new Intl.NumberFormat("en");
const ONE_DECIMAL = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const ABSOLUTE = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];
const TIME_UNITS: [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export function count(value: number): string {
  return WHOLE.format(value);
}

/** `counted(1, "file")` is "1 file", `counted(2, "file")` "2 files". */
export function counted(value: number, noun: string, several = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : several}`;
}

/** Decimal units, as file managers show them. */
export function bytes(value: number): string {
  let unit = 0;
  let rest = value;
  // 999.95 would be rounded to 1,000.
  while (rest >= 999.95 && unit < BYTE_UNITS.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${ONE_DECIMAL.format(rest)} ${BYTE_UNITS[unit] ?? ""}`;
}

export function milliseconds(value: number): string {
  return `${value < 10 ? ONE_DECIMAL.format(value) : WHOLE.format(Math.round(value))} ms`;
}

/** Whole percent, never 100 before the end; null while the total is not known. */
export function percent(done: number, total: number): number | null {
  if (total <= 0) return null;
  return Math.min(Math.floor((done / total) * 100), done < total ? 99 : 100);
}

export function relativeTime(iso: string, now: number): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000);
  for (const [unit, length] of TIME_UNITS) {
    if (Math.abs(seconds) >= length) return RELATIVE.format(Math.trunc(seconds / length), unit);
  }
  return "just now";
}

export function absoluteTime(iso: string): string {
  return ABSOLUTE.format(new Date(iso));
}

export function clockTime(iso: string): string {
  return CLOCK.format(new Date(iso));
}
