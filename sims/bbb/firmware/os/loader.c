#include "loader.h"

#include <stddef.h>

#include "cpu.h"
#include "emmc.h"
#include "error.h"
#include "memory_map.h"

enum { MEMORY_MAX = APP_SIZE - USER_STACK_SIZE - 0x1000, PAGE = 0x1000 };

static uint32_t table[BLOCK_SIZE / 4];
static unsigned count;
/* Each keeps its name when its memory is loaded anew. */
static char names[APPS_MAX][sizeof ((struct image *)0)->name + 1];

int loader_init(void) {
    int error = emmc_read(APPS_BLOCK, 1, table);
    if (error) return error;
    for (count = 0; count < APPS_MAX && table[count] && table[count] <= MEMORY_MAX;) count++;
    return (int)count;
}

static uint32_t blocks_of(uint32_t bytes) {
    return (bytes + BLOCK_SIZE - 1) / BLOCK_SIZE;
}

static int check(const struct image *image, uint32_t size) {
    uint32_t end = USER_BASE + size, most = USER_BASE + MEMORY_MAX;
    if (image->magic != IMAGE_MAGIC || image->image_end != end) return ERROR_IMAGE;
    if (image->text_end % PAGE || image->text_end < USER_BASE || image->text_end > most) {
        return ERROR_IMAGE;
    }
    if (image->bss_end < end || image->bss_end > most) return ERROR_IMAGE;
    return image->entry < USER_BASE || image->entry >= image->text_end ? ERROR_IMAGE : 0;
}

static int load(unsigned number, uint32_t memory) {
    uint32_t block = APPS_BLOCK + 1;
    for (unsigned i = 0; i < number; i++) block += blocks_of(table[i]);
    __builtin_memset((void *)memory, 0, APP_SIZE); /* .bss, and nothing of who was here before. */
    int error = emmc_read(block, blocks_of(table[number]), (void *)memory);
    if (error) return error;
    const struct image *image = (const struct image *)memory;
    error = check(image, table[number]);
    if (error) return error;
    /* What is behind the image in its last block is not the application's. */
    uint32_t size = image->image_end - USER_BASE, rest = blocks_of(size) * BLOCK_SIZE - size;
    __builtin_memset((void *)(memory + size), 0, rest);
    code_ready(memory, size);
    return 0;
}

int application_start(unsigned number) {
    struct task *task = &tasks[APP_TASK + number];
    if (number >= count || (task->state != TASK_NONE && task->state != TASK_KILLED)) {
        return ERROR_ARGUMENT;
    }
    uint32_t memory = APPS_BASE + number * APP_SIZE;
    int error = load(number, memory);
    if (error) return error;
    const struct image *image = (const struct image *)memory;
    for (size_t i = 0; i < sizeof image->name; i++) names[number][i] = image->name[i];
    uint32_t flags = interrupts_off();
    task->space = space_make((int)number, memory, image->text_end - USER_BASE);
    task_start(task, names[number], image->entry, USER_STACK_TOP, MODE_USR);
    interrupts_restore(flags);
    return 0;
}
