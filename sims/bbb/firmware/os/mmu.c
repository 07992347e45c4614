#include "mmu.h"

#include <stddef.h>

#include "cpu.h"
#include "memory_map.h"

enum { SECTION = 1 << 20, PAGE = 1 << 12, LINE = 64 };
/* First level. */
enum { L1_TABLE = 1, L1_SECTION = 2, L1_XN = 1 << 4, L1_READ_WRITE = 1 << 10 };
enum { L1_NORMAL = 1 << 12 | 3 << 2 };
/*
 * Device, not shareable: the Cortex-A8 may reorder accesses to shareable Device memory (its erratum
 * 709718).
 */
enum { L1_DEVICE = 2 << 12 };
/* Second level: small pages. */
enum { L2_PAGE = 2, L2_XN = 1, L2_NORMAL = 1 << 6 | 3 << 2, L2_NOT_GLOBAL = 1 << 11 };
enum { L2_KERNEL = 1 << 4, L2_USER = 3 << 4, L2_READ_ONLY = 1 << 9 };
enum { L2_USER_READ = L2_READ_ONLY | 2 << 4 };
enum { SCTLR_M = 1, SCTLR_A = 2, SCTLR_C = 4, SCTLR_Z = 1 << 11, SCTLR_I = 1 << 12 };
/* Walks look in L2, write-back, write-allocate: L1 of the Cortex-A8 is not looked in. */
enum { TTBR_WALKS = 1 << 3, TTBCR_N = 2 };

#define L1_ENTRIES 4096
#define USER_L1_ENTRIES (L1_ENTRIES >> TTBCR_N)
#define L2_ENTRIES 256

static uint32_t kernel_table[L1_ENTRIES] __attribute__((aligned(4 * L1_ENTRIES)));
static uint32_t kernel_pages[L2_ENTRIES] __attribute__((aligned(4 * L2_ENTRIES)));
/* Of nobody: all empty. */
static uint32_t no_table[USER_L1_ENTRIES] __attribute__((aligned(4 * USER_L1_ENTRIES)));
static uint32_t user_tables[APPS_MAX][USER_L1_ENTRIES]
    __attribute__((aligned(4 * USER_L1_ENTRIES)));
static uint32_t user_pages[APPS_MAX][L2_ENTRIES] __attribute__((aligned(4 * L2_ENTRIES)));

extern char text_end[];

static void map_sections(uint32_t base, uint32_t size, uint32_t attributes) {
    for (uint32_t at = base; at - base < size; at += SECTION) {
        kernel_table[at / SECTION] = at | L1_SECTION | attributes;
    }
}

static void map_kernel(void) {
    for (uint32_t i = 0; i < L2_ENTRIES; i++) {
        uint32_t at = KERNEL_BASE + i * PAGE;
        uint32_t text = at < (uint32_t)text_end;
        kernel_pages[i] = at | L2_PAGE | L2_NORMAL | L2_KERNEL | (text ? L2_READ_ONLY : L2_XN);
    }
    map_sections(0x44e00000, SECTION, L1_DEVICE | L1_READ_WRITE | L1_XN);
    map_sections(0x48000000, 3 * SECTION, L1_DEVICE | L1_READ_WRITE | L1_XN);
    map_sections(DDR_BASE, DDR_SIZE, L1_NORMAL | L1_READ_WRITE | L1_XN);
    kernel_table[KERNEL_BASE / SECTION] = (uint32_t)kernel_pages | L1_TABLE;
}

void mmu_init(void) {
    map_kernel();
    write_ttbcr(TTBCR_N);
    write_ttbr1((uint32_t)kernel_table | TTBR_WALKS);
    write_ttbr0((uint32_t)no_table | TTBR_WALKS);
    write_contextidr(0);
    write_dacr(1); /* Domain 0: as the tables say. */
    tlb_invalidate_all(0);
    dsb();
    isb();
    write_sctlr(read_sctlr() | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_Z);
    isb();
}

static void clean(uint32_t address, uint32_t size) {
    for (uint32_t at = address & -LINE; at < address + size; at += LINE) dcache_clean_line(at);
    dsb();
}

static uint32_t user_attributes(uint32_t offset, uint32_t text) {
    uint32_t attributes = L2_PAGE | L2_NORMAL | L2_NOT_GLOBAL;
    return attributes | (offset < text ? L2_USER_READ : L2_USER | L2_XN);
}

struct space space_make(int n, uint32_t memory, uint32_t text) {
    /* The page below the stack stays empty: a stack that grows too far faults. */
    uint32_t guard = APP_SIZE - USER_STACK_SIZE - PAGE;
    for (uint32_t i = 0; i < L2_ENTRIES; i++) {
        uint32_t offset = i * PAGE;
        user_pages[n][i] = offset == guard ? 0 : (memory + offset) | user_attributes(offset, text);
    }
    user_tables[n][USER_BASE / SECTION] = (uint32_t)user_pages[n] | L1_TABLE;
    clean((uint32_t)user_pages[n], sizeof user_pages[n]);
    clean((uint32_t)user_tables[n], sizeof user_tables[n]);
    uint32_t asid = (uint32_t)n + 1;
    tlb_invalidate_asid(asid);
    dsb();
    isb();
    return (struct space){asid, user_tables[n]};
}

void space_enter(const struct space *space) {
    /* By way of ASID 0: no walk of one table is kept under the number of another (B3.10.4). */
    write_contextidr(0);
    isb();
    write_ttbr0((uint32_t)(space ? space->table : no_table) | TTBR_WALKS);
    isb();
    write_contextidr(space ? space->asid : 0);
    isb();
}

void code_ready(uint32_t address, uint32_t size) {
    clean(address, size);
    icache_invalidate_all(0);
    predictor_invalidate_all(0);
    dsb();
    isb();
}
