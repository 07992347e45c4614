/** Time and date of the RTC as its registers have them: binary-coded decimal (TRM 20.3.3.5.1). */

/** A moment by its registers' values. The hour's bit 7 is PM, in 12-hour mode. */
export interface Moment {
  readonly second: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly year: number;
  /** 0 is Sunday. Nothing but the count of days ties it to the date. */
  readonly week: number;
}

/** What has passed with a second, as RTC_STATUS_REG[5:2] tells it, lowest first. */
export const PASSED = { SECOND: 1, MINUTE: 2, HOUR: 4, DAY: 8 } as const;

const PM = 0x80;

/** The moment one second later, and what has passed with it. */
export function nextSecond(now: Moment, twelveHours: boolean): { moment: Moment; passed: number } {
  const at = { ...now };
  let passed: number = PASSED.SECOND;
  at.second = increment(now.second, 0x59, 0);
  if (at.second === 0) {
    passed |= PASSED.MINUTE;
    at.minute = increment(now.minute, 0x59, 0);
    if (at.minute === 0) {
      passed |= PASSED.HOUR;
      at.hour = nextHour(now.hour, twelveHours);
      if (at.hour === (twelveHours ? 0x12 : 0)) {
        passed |= PASSED.DAY;
        nextDay(at);
      }
    }
  }
  return { moment: at, passed };
}

/** To the nearest minute: 30 seconds and more go up. */
export function rounded(now: Moment, twelveHours: boolean): Moment {
  if (now.second < 0x30) return { ...now, second: 0 };
  return nextSecond({ ...now, second: 0x59 }, twelveHours).moment;
}

/** 12 am, 1 am, … 11 am, 12 pm, 1 pm, … 11 pm. */
function nextHour(hour: number, twelveHours: boolean): number {
  if (!twelveHours) return increment(hour, 0x23, 0);
  const half = hour & PM;
  const next = increment(hour & ~PM, 0x12, 1);
  return next === 0x12 ? next | (half ^ PM) : next | half;
}

function nextDay(at: { -readonly [field in keyof Moment]: Moment[field] }): void {
  at.week = (at.week + 1) % 7;
  at.day = increment(at.day, bcd(daysOf(at.month, at.year)), 1);
  if (at.day !== 1) return;
  at.month = increment(at.month, 0x12, 1);
  if (at.month === 1) at.year = increment(at.year, 0x99, 0);
}

function daysOf(month: number, year: number): number {
  if (month === 2) return decimal(year) % 4 === 0 ? 29 : 28;
  return [0x04, 0x06, 0x09, 0x11].includes(month) ? 30 : 31;
}

/** One more, in decimal digits; from `last` on it starts over at `first`. */
function increment(value: number, last: number, first: number): number {
  if (value >= last) return first;
  return (value & 0xf) >= 9 ? (value & 0xf0) + 0x10 : value + 1;
}

function bcd(value: number): number {
  return Math.floor(value / 10) << 4 | value % 10;
}

function decimal(value: number): number {
  return (value >>> 4) * 10 + (value & 0xf);
}
