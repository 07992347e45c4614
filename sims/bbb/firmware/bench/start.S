/*
 * Vectors, results and start of the benchmark. It says that it has done by a semihosting call, which
 * QEMU (-semihosting) takes as the end; on our board the same SVC comes back to the vector here,
 * which waits for ever: a CPU that waits for an interrupt has ended.
 */
    .syntax unified
    .arch armv7-a
    .section .start, "ax"
    .arm
    .global _start, results
_start:                         /* Also the vector of reset. */
    b   start
    b   halt                    /* Undefined instruction */
    b   svc
    b   halt                    /* Prefetch abort */
    b   halt                    /* Data abort */
    b   halt
    b   halt                    /* IRQ */
    b   halt                    /* FIQ */
results:
    .word 0, 0, 0, 0

start:
    cpsid aif, #0x13
    ldr r0, =_start
    mcr p15, 0, r0, c12, c0, 0  /* VBAR */
    ldr sp, =stack_top
    ldr r0, =bss_start
    ldr r1, =bss_end
    mov r2, #0
clear:
    cmp r0, r1
    strlo r2, [r0], #4
    blo clear
    blx mix

    ldr r4, =results            /* In hexadecimal, for who has only QEMU's output. */
    ldr r5, =text
    mov r6, #3
word:
    ldr r0, [r4], #4
    mov r1, #8
digit:
    lsr r2, r0, #28
    cmp r2, #10
    addlo r2, r2, #'0'
    addhs r2, r2, #'a' - 10
    strb r2, [r5], #1
    lsl r0, r0, #4
    subs r1, r1, #1
    bne digit
    add r5, r5, #1              /* The space. */
    subs r6, r6, #1
    bne word

    mov r0, #0x04               /* SYS_WRITE0 */
    ldr r1, =text
    svc #0x123456
    mov r0, #0x18               /* SYS_EXIT */
    ldr r1, =0x20026            /* ADP_Stopped_ApplicationExit */
    svc #0x123456
halt:
    wfi
    b   halt
svc:
    cmp r0, #0x18
    beq halt
    movs pc, lr
    .ltorg

    .data
text:
    .asciz "........ ........ ........\n"
