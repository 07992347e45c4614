/* Intel SDM volume 3 chapter 6 (IDT), Intel 8259A data sheet (PIC). */
#include "interrupts.h"

#include "cpu.h"
#include "memory_map.h"
#include "mutations.h"
#include "serial.h"
#include "threads.h"

enum { VECTORS = 49, VECTOR_IRQ = 32, VECTOR_PANIC = 48, VECTOR_SIZE = 16, IRQS = 16 };
enum { PIC_MASTER = 0x20, PIC_SLAVE = 0xa0, PIC_EOI = 0x20, PIC_READ_ISR = 0x0b, IRQ_CASCADE = 2 };

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, zero;
};

extern const char vector_entries[];
static struct gate idt[VECTORS];
static void (*serves[IRQS])(void);
uint64_t interrupts_spurious;

static void pic_init(void) {
    /* ICW1 to ICW4: edge, cascade, vectors from 32, 8086 mode; then everything masked. */
    out8(PIC_MASTER, 0x11), out8(PIC_SLAVE, 0x11);
    out8(PIC_MASTER + 1, VECTOR_IRQ), out8(PIC_SLAVE + 1, VECTOR_IRQ + 8);
    out8(PIC_MASTER + 1, 1 << IRQ_CASCADE), out8(PIC_SLAVE + 1, IRQ_CASCADE);
    out8(PIC_MASTER + 1, 1), out8(PIC_SLAVE + 1, 1);
    out8(PIC_MASTER + 1, 0xff & ~(1 << IRQ_CASCADE)), out8(PIC_SLAVE + 1, 0xff);
}

/* qboot leaves the local APIC off: let it pass the PIC's interrupts on (SVR, LVT LINT0 ExtINT). */
static void local_apic_init(void) {
    *(volatile uint32_t *)(uintptr_t)(LOCAL_APIC + 0xf0) = 0x1ff;
    *(volatile uint32_t *)(uintptr_t)(LOCAL_APIC + 0x350) = 0x700;
}

void interrupts_init(void) {
    for (int i = 0; i < VECTORS; i++) {
        uint64_t entry = (uint64_t)vector_entries + (uint64_t)(i * VECTOR_SIZE);
        idt[i] = (struct gate){
            .offset_low = (uint16_t)entry,
            .selector = 8,
            .type = 0x8e, /* present interrupt gate: interrupts are off in it */
            .offset_middle = (uint16_t)(entry >> 16),
            .offset_high = (uint32_t)(entry >> 32),
        };
    }
    load_idt(&(struct idt_pointer){sizeof idt - 1, idt});
    pic_init();
    local_apic_init();
}

void interrupts_serve(enum irq irq, void (*serve)(void)) {
    serves[irq] = serve;
    uint16_t mask_port = irq < 8 ? PIC_MASTER + 1 : PIC_SLAVE + 1;
    out8(mask_port, in8(mask_port) & (uint8_t)~(1 << (irq & 7)));
}

/* IRQ 7 and 15 also come when a line dropped too early: then they are not in service. */
static bool is_spurious(unsigned irq) {
    if ((irq & 7) != 7) return false;
    uint16_t pic = irq < 8 ? PIC_MASTER : PIC_SLAVE;
    out8(pic, PIC_READ_ISR);
    return !(in8(pic) & 0x80);
}

static void serve_irq(unsigned irq) {
    bool spurious = is_spurious(irq);
    if (irq >= 8 && !spurious) out8(PIC_SLAVE, PIC_EOI);
    if (irq >= 8 || !spurious) out8(PIC_MASTER, PIC_EOI);
    if (spurious || !serves[irq]) {
        interrupts_spurious++;
        return;
    }
    serves[irq]();
    threads_preempt();
}

static void print_registers(const struct interrupt_frame *f) {
    serial_panic("RIP %016lx RSP %016lx RFLAGS %08lx CR2 %016lx\r\n", f->rip, f->rsp, f->rflags,
                 read_cr2());
    serial_panic("RAX %016lx RBX %016lx RCX %016lx RDX %016lx\r\n", f->rax, f->rbx, f->rcx, f->rdx);
    serial_panic("RSI %016lx RDI %016lx RBP %016lx R8  %016lx\r\n", f->rsi, f->rdi, f->rbp, f->r8);
    serial_panic("R9  %016lx R10 %016lx R11 %016lx R12 %016lx\r\n", f->r9, f->r10, f->r11, f->r12);
    serial_panic("R13 %016lx R14 %016lx R15 %016lx\r\n", f->r13, f->r14, f->r15);
}

/* vectors.S, interrupts off, on the stack of the thread that was interrupted. */
void interrupt(struct interrupt_frame *frame) {
    unsigned vector = (unsigned)frame->vector;
    if (vector >= VECTOR_IRQ && vector < VECTOR_IRQ + IRQS) {
        serve_irq(vector - VECTOR_IRQ);
        return;
    }
    if (MUTATED(SILENT_PANIC)) stop_processor();
    serial_panic_begin();
    if (vector == VECTOR_PANIC) {
        serial_panic("PANIC: %s\r\n", (const char *)frame->rdi);
    } else {
        serial_panic("PANIC: exception %u, error code %lx\r\n", vector, frame->error);
    }
    serial_panic("thread %u\r\n", thread_current ? thread_current->number : 0);
    print_registers(frame);
    serial_panic("PANIC END\r\n");
    stop_processor();
}

void panic(const char *text) {
    /* By a vector of its own, so that the registers are those of the caller. */
    __asm__ volatile("int %0" : : "i"(VECTOR_PANIC), "D"(text) : "memory");
    stop_processor();
}
