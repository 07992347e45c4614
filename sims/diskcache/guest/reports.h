/* The commands that only tell (PROTOCOL.md): each answers with lines. The command thread. */
#pragma once

#include <stdint.h>

void report_info(void);
void report_threads(void);
void report_entries(void);
/* From that number, as far back as they are kept. */
void report_requests(uint32_t from);
void report_stats(void);
