/* National Semiconductor PC16550D data sheet. */
#include "serial.h"

#include <stdint.h>

#include "cpu.h"
#include "interrupts.h"
#include "text.h"
#include "threads.h"

enum { COM1 = 0x3f8, RBR = COM1, THR = COM1, DLL = COM1, IER = COM1 + 1, DLM = COM1 + 1 };
enum { FCR = COM1 + 2, LCR = COM1 + 3, MCR = COM1 + 4, LSR = COM1 + 5 };
enum { IER_RECEIVED = 1, IER_EMPTY = 2, LSR_RECEIVED = 1, LSR_EMPTY = 0x20, LSR_IDLE = 0x40 };
enum { FIFO_SIZE = 16, SEND_SIZE = 32 << 10, RECEIVE_SIZE = 4 << 10 };

/* Counts only grow; their difference is what is in the ring. */
struct ring {
    char *bytes;
    uint32_t size, in, out;
};

static char send_bytes[SEND_SIZE], receive_bytes[RECEIVE_SIZE];
static struct ring sending = {send_bytes, SEND_SIZE, 0, 0};
static struct ring receiving = {receive_bytes, RECEIVE_SIZE, 0, 0};
static uint8_t ier;
static bool interrupts_used;
static char last_put = '\n';

static uint32_t used(const struct ring *ring) {
    return ring->in - ring->out;
}

static void push(struct ring *ring, char byte) {
    ring->bytes[ring->in++ % ring->size] = byte;
}

static char pop(struct ring *ring) {
    return ring->bytes[ring->out++ % ring->size];
}

static void set_ier(uint8_t value) {
    ier = value;
    out8(IER, value);
}

void serial_init(void) {
    out8(IER, 0);
    out8(LCR, 0x80), out8(DLL, 1), out8(DLM, 0); /* 115200 baud */
    out8(LCR, 3);                                /* 8N1 */
    /* A harness that does not wait for us: the first byte is here, the FIFO would forget it. */
    if (in8(LSR) & LSR_RECEIVED) push(&receiving, (char)in8(RBR));
    /*
     * FIFOs on, emptied, interrupt at 14 bytes or when nothing has come for four characters. QEMU
     * gives no more at a time than that: at 1 byte an `echo` took 1.7 ms, so it takes 0.7.
     */
    out8(FCR, 0xc7);
    out8(MCR, 0x0b);                             /* DTR, RTS, OUT2: the interrupt line is on */
}

/* Lock held: one FIFO full, when the FIFO is empty. */
static void send_some(void) {
    if (!(in8(LSR) & LSR_EMPTY)) return;
    for (int i = 0; i < FIFO_SIZE && used(&sending); i++) out8(THR, (uint8_t)pop(&sending));
}

static void receive_all(void) {
    while (used(&receiving) < receiving.size && in8(LSR) & LSR_RECEIVED) {
        push(&receiving, (char)in8(RBR));
    }
    /* No room: the UART holds the rest, and its other side, until the reader has caught up. */
    if (used(&receiving) == receiving.size) set_ier(ier & (uint8_t)~IER_RECEIVED);
    thread_wake(&receiving);
}

/* IRQ 4. */
static void serial_interrupt(void) {
    if (in8(LSR) & LSR_RECEIVED) receive_all();
    send_some();
    if (!used(&sending)) set_ier(ier & (uint8_t)~IER_EMPTY);
    if (used(&sending) <= sending.size / 2) thread_wake(&sending);
    /* What came up meanwhile has kept the line high, and the PIC wants an edge: make one. */
    out8(IER, 0);
    out8(IER, ier);
}

void serial_use_interrupts(void) {
    interrupts_serve(IRQ_SERIAL, serial_interrupt);
    interrupts_used = true;
    set_ier(IER_RECEIVED | (used(&sending) ? IER_EMPTY : 0));
}

/* Lock held. */
static void put(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        while (used(&sending) == sending.size) send_some();
        push(&sending, bytes[i]);
    }
    if (length) last_put = bytes[length - 1];
    while (!interrupts_used && used(&sending)) send_some();
    if (interrupts_used && !(ier & IER_EMPTY)) set_ier(ier | IER_EMPTY);
}

void serial_put(const char *bytes, size_t length) {
    uint64_t flags = interrupts_off();
    put(bytes, length);
    interrupts_restore(flags);
}

void serial_put_line(const char *bytes, size_t length) {
    uint64_t flags = interrupts_off();
    if (last_put != '\n') put("\r\n", 2);
    put(bytes, length);
    interrupts_restore(flags);
}

void serial_wait_for_room(void) {
    uint64_t flags = interrupts_off();
    while (used(&sending) > sending.size / 2) thread_sleep(&sending);
    interrupts_restore(flags);
}

void serial_flush(void) {
    uint64_t flags = interrupts_off();
    while (used(&sending)) send_some();
    while (!(in8(LSR) & LSR_IDLE)) continue;
    interrupts_restore(flags);
}

char serial_get(void) {
    uint64_t flags = interrupts_off();
    while (!used(&receiving)) {
        if (!(ier & IER_RECEIVED)) set_ier(ier | IER_RECEIVED);
        thread_sleep(&receiving);
    }
    char byte = pop(&receiving);
    interrupts_restore(flags);
    return byte;
}

void serial_panic_begin(void) {
    interrupts_used = false;
    out8(IER, 0);
    serial_put_line("", 0);
}

void serial_panic(const char *form, ...) {
    char line[256];
    va_list list;
    va_start(list, form);
    size_t length = format_list(line, sizeof line, form, list);
    va_end(list);
    serial_put(line, length);
    serial_flush();
}
