#include "uart.h"

#include "cpu.h"
#include "intc.h"
#include "io.h"
#include "pattern.h"
#include "tasks.h"

enum { RHR = 0x00, THR = 0x00, DLL = 0x00, IER = 0x04, DLH = 0x04, IIR = 0x08, FCR = 0x08 };
enum { EFR = 0x08, LCR = 0x0c, MCR = 0x10, LSR = 0x14, MDR1 = 0x20, SCR = 0x40, SYSC = 0x54 };
enum { SYSS = 0x58, TXFIFO_LVL = 0x68 };
enum { RHRIT = 1, THRIT = 2, LINESTSIT = 4, MDR1_UART16X = 0, MDR1_OFF = 7 };
enum { IIR_NONE = 1, IIR_RX_TIMEOUT = 0x0c, IIR_TYPE = 0x3e };
enum { LSR_RXFIFOE = 1, LSR_OE = 2, LSR_DAMAGED = 0x1c, LSR_TXFIFOE = 0x20, LSR_TXSRE = 0x40 };
enum { LCR_8N1 = 3, LCR_MODE_B = 0xbf, EFR_ENHANCED = 1 << 4, MCR_DTR_RTS = 3 };
/* FIFOs on and empty; an interrupt at 16 bytes, or a pause; and when there is room for 32. */
enum { FCR_VALUE = 1 | 2 | 4 | 2 << 4 | 1 << 6, FIFO_SIZE = 64 };
/* 48 MHz / 16 / 26 is 115,385. */
enum { DIVISOR = 26 };
enum { RING_SIZE = 16 << 10 };

/* Counts only grow; their difference is what is in the ring. */
struct ring {
    uint8_t bytes[RING_SIZE];
    uint32_t in, out;
};

static struct uart {
    struct ring receiving, sending;
    struct uart_counts counts;
    struct pattern pattern;
    uint32_t pattern_left;
    uint32_t ier;
    bool echo, interrupts;
} uarts[UART_COUNT];

static const struct {
    uint32_t base;
    unsigned line;
} modules[UART_COUNT] = {{0x44e09000, 72}, {0x48022000, 73}, {0x48024000, 74},
                         {0x481a6000, 44}, {0x481a8000, 45}, {0x481aa000, 46}};

static uint32_t used(const struct ring *ring) {
    return ring->in - ring->out;
}

static void push(struct ring *ring, uint8_t byte) {
    ring->bytes[ring->in++ % RING_SIZE] = byte;
}

static uint8_t pop(struct ring *ring) {
    return ring->bytes[ring->out++ % RING_SIZE];
}

static void set_ier(unsigned n, uint32_t value) {
    uarts[n].ier = value;
    write32(modules[n].base + IER, value);
}

void uart_init(unsigned n) {
    uint32_t base = modules[n].base;
    /* U-Boot's last words go out first. */
    if (n == 0) while (!(read32(base + LSR) & LSR_TXSRE)) continue;
    write32(base + SYSC, 2);
    while (!(read32(base + SYSS) & 1)) continue;
    write32(base + SYSC, 1 << 3); /* Never idle: a byte that comes is not lost. */
    write32(base + MDR1, MDR1_OFF);
    write32(base + LCR, LCR_MODE_B);
    write32(base + EFR, EFR_ENHANCED); /* Else the sender's threshold is not taken. */
    /* FIFOs while the divisor is 0, as reset has left it: FCR is not taken later (19.5.1.11). */
    write32(base + LCR, LCR_8N1);
    write32(base + FCR, FCR_VALUE);
    write32(base + SCR, 0);
    write32(base + LCR, LCR_MODE_B);
    write32(base + DLL, DIVISOR);
    write32(base + DLH, 0);
    write32(base + LCR, LCR_8N1);
    write32(base + IER, 0);
    write32(base + MCR, MCR_DTR_RTS);
    write32(base + MDR1, MDR1_UART16X);
}

static uint8_t next_to_send(struct uart *uart) {
    uint8_t byte;
    if (used(&uart->sending)) {
        byte = pop(&uart->sending);
    } else {
        byte = pattern_byte(&uart->pattern);
        uart->pattern_left--;
    }
    uart->counts.sent++;
    uart->counts.sent_crc = crc32_byte(uart->counts.sent_crc, byte);
    return byte;
}

/* Interrupts off. */
static void send_some(unsigned n) {
    struct uart *uart = &uarts[n];
    uint32_t base = modules[n].base;
    uint32_t room = FIFO_SIZE - read32(base + TXFIFO_LVL);
    for (; room && (used(&uart->sending) || uart->pattern_left); room--) {
        write32(base + THR, next_to_send(uart));
    }
}

/* Interrupts off. */
static void keep_sending(unsigned n) {
    struct uart *uart = &uarts[n];
    bool more = used(&uart->sending) || uart->pattern_left;
    uint32_t ier = more ? uart->ier | THRIT : uart->ier & ~(uint32_t)THRIT;
    if (ier != uart->ier) set_ier(n, ier);
}

static void received(unsigned n, uint8_t byte) {
    struct uart *uart = &uarts[n];
    struct ring *to = uart->echo ? &uart->sending : &uart->receiving;
    uart->counts.received++;
    uart->counts.received_crc = crc32_byte(uart->counts.received_crc, byte);
    if (used(to) < RING_SIZE) {
        push(to, byte);
    } else if (uart->echo) {
        uart->counts.dropped++;
    } else {
        pop(to); /* Nobody reads: the newest are kept. */
        push(to, byte);
    }
}

/* Interrupts off. */
static void receive_all(unsigned n) {
    struct uart *uart = &uarts[n];
    uint32_t base = modules[n].base, status;
    while ((status = read32(base + LSR)) & (LSR_RXFIFOE | LSR_OE)) {
        if (status & LSR_OE) uart->counts.overruns++;
        if (status & LSR_DAMAGED) uart->counts.damaged++;
        if (status & LSR_RXFIFOE) received(n, (uint8_t)read32(base + RHR));
    }
    task_wake(uart_received(n));
}

/* IRQ mode. */
static void uart_interrupt(unsigned line) {
    unsigned n = 0;
    while (modules[n].line != line) n++;
    uint32_t base = modules[n].base;
    uint32_t iir;
    while (!((iir = read32(base + IIR)) & IIR_NONE)) {
        bool empty = !(read32(base + LSR) & LSR_RXFIFOE);
        /* A pause that is told of an empty FIFO does not end but by a read of it. */
        if (empty && (iir & IIR_TYPE) == IIR_RX_TIMEOUT) read32(base + RHR);
        receive_all(n);
        if (uarts[n].ier & THRIT) send_some(n);
        keep_sending(n);
    }
    keep_sending(n); /* What was echoed. */
    if (used(&uarts[n].sending) <= RING_SIZE / 2) task_wake(uart_sent(n));
}

void uart_use_interrupts(unsigned n) {
    uarts[n].interrupts = true;
    intc_serve(modules[n].line, uart_interrupt);
    set_ier(n, RHRIT | LINESTSIT | (used(&uarts[n].sending) ? THRIT : 0));
}

bool uart_put(unsigned n, const char *bytes, size_t size) {
    struct uart *uart = &uarts[n];
    uint32_t flags = interrupts_off();
    bool fits = size <= RING_SIZE - used(&uart->sending);
    for (size_t i = 0; fits && i < size; i++) push(&uart->sending, (uint8_t)bytes[i]);
    while (!uart->interrupts && used(&uart->sending)) send_some(n);
    if (uart->interrupts) keep_sending(n);
    interrupts_restore(flags);
    return fits;
}

void uart_make_room(unsigned n, size_t size) {
    uint32_t flags = interrupts_off();
    while (uart_room(n) < size) send_some(n);
    interrupts_restore(flags);
}

void uart_flush(unsigned n) {
    uint32_t flags = interrupts_off();
    while (used(&uarts[n].sending)) send_some(n);
    while (!(read32(modules[n].base + LSR) & LSR_TXSRE)) continue;
    interrupts_restore(flags);
}

size_t uart_room(unsigned n) {
    return RING_SIZE - used(&uarts[n].sending);
}

size_t uart_unsent(unsigned n) {
    return used(&uarts[n].sending) + uarts[n].pattern_left;
}

int uart_get(unsigned n) {
    uint32_t flags = interrupts_off();
    struct ring *ring = &uarts[n].receiving;
    int byte = used(ring) ? pop(ring) : -1;
    interrupts_restore(flags);
    return byte;
}

const void *uart_received(unsigned n) {
    return &uarts[n].receiving;
}

const void *uart_sent(unsigned n) {
    return &uarts[n].sending;
}

void uart_echo(unsigned n, bool on) {
    uint32_t flags = interrupts_off();
    uarts[n].echo = on;
    interrupts_restore(flags);
}

void uart_send_pattern(unsigned n, uint32_t count, uint32_t seed) {
    uint32_t flags = interrupts_off();
    uarts[n].pattern = (struct pattern){seed};
    uarts[n].pattern_left = count;
    keep_sending(n);
    interrupts_restore(flags);
}

struct uart_counts uart_counts(unsigned n) {
    uint32_t flags = interrupts_off();
    struct uart_counts counts = uarts[n].counts;
    interrupts_restore(flags);
    return counts;
}

void uart_counts_clear(unsigned n) {
    uint32_t flags = interrupts_off();
    uarts[n].counts = (struct uart_counts){0};
    uarts[n].receiving.out = uarts[n].receiving.in;
    interrupts_restore(flags);
}
