/* The pin mux: which signal is on which ball (TRM section 9.3.1.50, data sheet table 4-3). */
#pragma once

/* Boot. U-Boot has set up some of them; here all that the kernel uses are. */
void pins_init(void);
