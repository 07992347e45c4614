/*
 * Applications, as the mission's tool `appstoc` lays them out from block 0x28000 of the eMMC: a
 * block with the sizes of the images in bytes, up to a 0; then the images, each from a block of its
 * own.
 */
#pragma once

#include "tasks.h"

/* An application is task APP_TASK + its number, from 0. */
#define APP_TASK 2

/* What an image begins with (apps/start.S); addresses are the application's. */
#define IMAGE_MAGIC 0x50504131 /* "1APP" */
struct image {
    uint32_t magic, entry, text_end, image_end, bss_end;
    char name[12];
};

/* Boot: reads the table. The number of applications, or an error. */
int loader_init(void);

/* Boot, or the shell: reads the image of an application that does not run, and starts it. */
int application_start(unsigned number);
