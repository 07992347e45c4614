/* The memory above the image, page by page. */
#pragma once

struct start_info;

/* Boot: as the firmware tells it. */
void memory_init(const struct start_info *start_info);

/* Lock held: a page, never given back; NULL when there is none left. */
void *memory_page(void);
