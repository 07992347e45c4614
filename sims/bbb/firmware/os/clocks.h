/* PRCM: clocks of the modules that the kernel uses, and the reset (TRM chapter 8). */
#pragma once

/* Boot. */
void clocks_init(void);

/* Any mode: resets the whole chip, warm. */
_Noreturn void chip_reset(void);

/* Boot: WDT1, which U-Boot has left running, off (TRM section 20.4.3.8). */
void watchdog_stop(void);
