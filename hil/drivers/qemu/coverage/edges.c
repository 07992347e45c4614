/*
 * Plugin of QEMU's TCG: counts the edges between translation blocks, in a map as AFL's: 64 KiB,
 * place = (block ^ previous block >> 1), counters that stop at 255. The map is a file that the
 * harness made and reads; a block is named by its address in the guest.
 *
 * QEMU's header (qemu-plugin.h, API version 1) is in no package: what is used of it is declared
 * here, as QEMU's docs/devel/tcg-plugins.rst and include/qemu/qemu-plugin.h have it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define MAP_SIZE 65536

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
typedef struct qemu_info_t qemu_info_t;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_vcpu_udata_cb_t)(unsigned int vcpu_index, void *userdata);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_plugin_vcpu_udata_cb_t cb,
                                          enum qemu_plugin_cb_flags flags, void *userdata);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

EXPORT int qemu_plugin_version = 1;

static uint8_t *map;
static uint64_t from, to = UINT64_MAX;
static uint32_t previous;

static void block_runs(unsigned int vcpu_index, void *userdata) {
    (void)vcpu_index;
    uint32_t block = (uint32_t)(uintptr_t)userdata;
    uint8_t *count = &map[(block ^ previous) % MAP_SIZE];
    if (*count < 255) ++*count;
    previous = block >> 1;
}

/* A block of the firmware or elsewhere outside the range is none of ours. */
static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    uint64_t address = qemu_plugin_tb_vaddr(tb);
    if (address < from || address >= to) return;
    /* Neighbours are far apart in the map: a multiplicative hash (Knuth). */
    uint32_t name = (uint32_t)address * 2654435761u >> 8;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, QEMU_PLUGIN_CB_NO_REGS,
                                         (void *)(uintptr_t)name);
}

/* Arguments: map=FILE, from=ADDRESS and to=ADDRESS in hexadecimal. */
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    (void)info;
    int file = -1;
    for (int i = 0; i < argc; i++) {
        unsigned long long address;
        if (strncmp(argv[i], "map=", 4) == 0) file = open(argv[i] + 4, O_RDWR);
        else if (sscanf(argv[i], "from=%llx", &address) == 1) from = address;
        else if (sscanf(argv[i], "to=%llx", &address) == 1) to = address;
    }
    map = file < 0 ? MAP_FAILED : mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map == MAP_FAILED) {
        fprintf(stderr, "edges: there is no map of 64 KiB to be written\n");
        return -1;
    }
    close(file);
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    return 0;
}
