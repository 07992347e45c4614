/* Faults: of an application, which is ended; of the kernel, which panics. */
#include <stdbool.h>
#include <stddef.h>

#include "checked_lines.h"
#include "cpu.h"
#include "fault_kinds.h"
#include "handlers.h"
#include "intc.h"
#include "serial.h"
#include "tasks.h"
#include "uart.h"

extern char handler_abandon[];

static const char *const kinds[] = {
    [FAULT_RESET] = "a vector that nothing uses",
    [FAULT_UNDEFINED] = "undefined instruction",
    [FAULT_PREFETCH] = "prefetch abort",
    [FAULT_DATA] = "data abort",
    [FAULT_FIQ] = "FIQ",
};

/* FS[4:0] of DFSR and IFSR (ARM ARM table B3-23). */
static const char *status_text(uint32_t fsr) {
    switch ((fsr & 0xf) | (fsr >> 6 & 0x10)) {
    case 0x01: return "alignment";
    case 0x02: return "debug event";
    case 0x04: return "instruction cache maintenance";
    case 0x05: return "translation, section";
    case 0x07: return "translation, page";
    case 0x03: return "access flag, section";
    case 0x06: return "access flag, page";
    case 0x09: return "domain, section";
    case 0x0b: return "domain, page";
    case 0x0d: return "permission, section";
    case 0x0f: return "permission, page";
    case 0x08: return "external abort";
    case 0x0c: return "external abort on walk, first level";
    case 0x0e: return "external abort on walk, second level";
    case 0x16: return "asynchronous external abort";
    default: return "unknown";
    }
}

/* What the fault was about, as far as its kind tells. */
struct cause {
    uint32_t address, status;
    const char *text;
};

static struct cause cause_of(const struct frame *frame, int kind) {
    if (kind == FAULT_DATA) {
        uint32_t status = read_dfsr();
        return (struct cause){read_dfar(), status, status_text(status)};
    }
    if (kind == FAULT_PREFETCH) {
        uint32_t status = read_ifsr();
        return (struct cause){read_ifar(), status, status_text(status)};
    }
    return (struct cause){frame->pc, 0, "-"};
}

static const char *access_of(int kind, uint32_t status) {
    if (kind != FAULT_DATA) return "execute";
    return status & 1 << 11 ? "write" : "read";
}

static _Noreturn void panic(const struct frame *frame, int kind, struct cause cause) {
    interrupts_off();
    serial_print("panic: %s: %s of %08x: %s (status %x)", kinds[kind],
                 access_of(kind, cause.status), cause.address, cause.text, cause.status);
    serial_print("task=%s cpsr=%08x pc=%08x lr=%08x sp=%08x",
                 current ? current->name : "none", frame->cpsr, frame->pc, frame->lr, frame->sp);
    for (int i = 0; i < 13; i += 4) {
        if (i == 12) serial_print("r12=%08x", frame->r[12]);
        else serial_print("r%d=%08x r%d=%08x r%d=%08x r%d=%08x", i, frame->r[i], i + 1,
                          frame->r[i + 1], i + 2, frame->r[i + 2], i + 3, frame->r[i + 3]);
    }
    serial_print("panic end");
    uart_flush(0);
    intc_silence();
    for (;;) wait_for_interrupt();
}

/* vectors.S. ABT, UND, FIQ or SVC mode. */
struct frame *fault_dispatch(struct frame *frame, int kind) {
    struct cause cause = cause_of(frame, kind);
    uint32_t mode = frame->cpsr & MODE_BITS;
    bool in_handler = handler_task && mode == MODE_IRQ;
    if (!in_handler && mode != MODE_USR) panic(frame, kind, cause);
    struct task *task = in_handler ? handler_task : current;
    task->faults++;
    event("fault task=%d name=%s kind=%s access=%s address=0x%08x pc=0x%08x handler=%d cause=%s",
          (int)(task - tasks), task->name,
          kind == FAULT_DATA ? "data" : kind == FAULT_PREFETCH ? "prefetch" : "undefined",
          access_of(kind, cause.status), cause.address, frame->pc, in_handler, cause.text);
    handlers_forget(task);
    task_kill(task);
    if (in_handler) {
        frame->pc = (uint32_t)handler_abandon;
        frame->cpsr = MODE_IRQ | PSR_I;
    }
    return tasks_leave(frame);
}
