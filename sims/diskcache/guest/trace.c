/* A ring of fixed records that somebody outside reads without stopping us: each has its number. */
#include "trace.h"

#include "cpu.h"
#include "memory_map.h"
#include "threads.h"

enum { RECORDS = 8192 };

/* The harness knows this layout and the names of the two objects. */
struct trace_record {
    /* Counts from 1; 0 while it is being written. */
    volatile uint32_t number;
    uint8_t kind, drive;
    uint16_t thread;
    uint64_t lba;
    uint32_t entry;
    uint16_t flags, value;
    uint64_t time; /* of the time-stamp counter */
};

SCRATCH struct trace_record trace_ring[RECORDS];
/* How many there were; the last is number trace_head. */
volatile uint32_t trace_head;

void trace(enum trace_kind kind, const void *entry, int drive, uint64_t lba, unsigned flags,
           unsigned value) {
    struct trace_record *record = &trace_ring[trace_head % RECORDS];
    record->number = 0;
    __asm__ volatile("" : : : "memory");
    record->kind = (uint8_t)kind;
    record->drive = (uint8_t)drive;
    record->thread = (uint16_t)(thread_current ? thread_current->number : 0);
    record->lba = lba;
    record->entry = (uint32_t)(uintptr_t)entry;
    record->flags = (uint16_t)flags;
    record->value = (uint16_t)value;
    record->time = read_time_stamp();
    __asm__ volatile("" : : : "memory");
    record->number = trace_head + 1;
    trace_head++;
}
