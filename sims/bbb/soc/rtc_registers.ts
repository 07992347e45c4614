/** Registers of the real-time clock (AM335x TRM SPRUH73, section 20.3.5). */
import { defineRegisters } from "sims/engine/mod.ts";

// deno-fmt-ignore
export const RTC = defineRegisters({
  SECONDS_REG: { offset: 0x00, writable: 0x7f, fields: { SEC0: [0, 3], SEC1: [4, 6] } },
  MINUTES_REG: { offset: 0x04, writable: 0x7f, fields: { MIN0: [0, 3], MIN1: [4, 6] } },
  HOURS_REG:   { offset: 0x08, writable: 0xbf, fields: {
    HOUR0: [0, 3], HOUR1: [4, 5], PM_nAM: 7 } },
  DAYS_REG:    { offset: 0x0c, reset: 1, writable: 0x3f, fields: { DAY0: [0, 3], DAY1: [4, 5] } },
  MONTHS_REG:  { offset: 0x10, reset: 1, writable: 0x1f, fields: { MONTH0: [0, 3], MONTH1: 4 } },
  YEARS_REG:   { offset: 0x14, writable: 0xff, fields: { YEAR0: [0, 3], YEAR1: [4, 7] } },
  WEEKS_REG:   { offset: 0x18, writable: 0x07, fields: { WEEK: [0, 2] } },
  ALARM_SECONDS_REG: { offset: 0x20, writable: 0x7f },
  ALARM_MINUTES_REG: { offset: 0x24, writable: 0x7f },
  ALARM_HOURS_REG:   { offset: 0x28, writable: 0xbf },
  ALARM_DAYS_REG:    { offset: 0x2c, reset: 1, writable: 0x3f },
  ALARM_MONTHS_REG:  { offset: 0x30, reset: 1, writable: 0x1f },
  ALARM_YEARS_REG:   { offset: 0x34, writable: 0xff },
  RTC_CTRL_REG: { offset: 0x40, writable: 0x7f, fields: {
    STOP_RTC: 0, ROUND_30S: 1, AUTO_COMP: 2, MODE_12_24: 3, TEST_MODE: 4, SET_32_COUNTER: 5,
    RTC_DISABLE: 6 } },
  RTC_STATUS_REG: { offset: 0x44, access: "w1c", writable: 0xc0, fields: {
    BUSY: 0, RUN: 1, ONE_SEC_EVENT: 2, ONE_MIN_EVENT: 3, ONE_HR_EVENT: 4, ONE_DAY_EVENT: 5,
    ALARM: 6, ALARM2: 7 } },
  RTC_INTERRUPTS_REG: { offset: 0x48, writable: 0x1f, fields: {
    EVERY: [0, 1], IT_TIMER: 2, IT_ALARM: 3, IT_ALARM2: 4 } },
  RTC_COMP_LSB_REG: { offset: 0x4c, writable: 0xff },
  RTC_COMP_MSB_REG: { offset: 0x50, writable: 0xff },
  RTC_OSC_REG: { offset: 0x54, reset: 0x10, writable: 0x5f, fields: {
    SW1: 0, SW2: 1, RES_SELECT: 2, SEL_32KCLK_SRC: 3, OSC32K_GZ: 4, EN_32KCLK: 6 } },
  RTC_SCRATCH0_REG: { offset: 0x60 },
  RTC_SCRATCH1_REG: { offset: 0x64 },
  RTC_SCRATCH2_REG: { offset: 0x68 },
  KICK0R: { offset: 0x6c, access: "wo" },
  KICK1R: { offset: 0x70, access: "wo" },
  RTC_REVISION:  { offset: 0x74, access: "ro", reset: 0x4eb0_0904 },
  RTC_SYSCONFIG: { offset: 0x78, reset: 2, writable: 3, fields: { IDLEMODE: [0, 1] } },
  RTC_IRQWAKEEN: { offset: 0x7c, writable: 3, fields: { TIMER_WAKEEN: 0, ALARM_WAKEEN: 1 } },
  ALARM2_SECONDS_REG: { offset: 0x80, writable: 0x7f },
  ALARM2_MINUTES_REG: { offset: 0x84, writable: 0x7f },
  ALARM2_HOURS_REG:   { offset: 0x88, writable: 0xbf },
  ALARM2_DAYS_REG:    { offset: 0x8c, reset: 1, writable: 0x3f },
  ALARM2_MONTHS_REG:  { offset: 0x90, reset: 1, writable: 0x1f },
  ALARM2_YEARS_REG:   { offset: 0x94, writable: 0xff },
  RTC_PMIC: { offset: 0x98, writable: 0x1_0fff, fields: {
    EXT_WAKEUP_EN: [0, 3], EXT_WAKEUP_POL: [4, 7], EXT_WAKEUP_DB_EN: [8, 11],
    EXT_WAKEUP_STATUS: [12, 15], PWR_ENABLE_EN: 16, PWR_ENABLE_SM: [17, 18] } },
  RTC_DEBOUNCE: { offset: 0x9c, writable: 0xff },
});
