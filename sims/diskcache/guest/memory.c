/* Xen's public/arch-x86/hvm/start_info.h: what PVH is told of memory. */
#include "memory.h"

#include <stddef.h>
#include <stdint.h>

#include "hal.h"

enum { MAGIC = 0x336ec578, FIRST_VERSION_WITH_MAP = 1, TYPE_RAM = 1 };

struct start_info {
    uint32_t magic, version, flags, modules;
    uint64_t module_list, command_line, rsdp, map;
    uint32_t map_length;
};

struct range {
    uint64_t begin, size;
    uint32_t type, reserved;
};

/* kernel.ld, at a page's beginning. */
extern uint8_t image_end[];

static uintptr_t next, end;

void memory_init(const struct start_info *info) {
    next = end = (uintptr_t)image_end;
    if (info->magic != MAGIC || info->version < FIRST_VERSION_WITH_MAP) return;
    const struct range *ranges = (const struct range *)info->map;
    for (uint32_t i = 0; i < info->map_length; i++) {
        const struct range *range = &ranges[i];
        bool is_ours = range->begin <= next && next - range->begin < range->size;
        if (range->type == TYPE_RAM && is_ours) end = range->begin + range->size;
    }
}

void *memory_page(void) {
    if (end - next < HAL_PAGE_SIZE) return NULL;
    void *page = (void *)next;
    next += HAL_PAGE_SIZE;
    return page;
}
