/*
 * Start of the benchmark on a Cortex-M0+ (Thumb-1 alone): for rp2040js, a peer that is one more CPU in
 * TypeScript. It is put into SRAM and entered at its first byte; BKPT is its end.
 */
    .syntax unified
    .cpu cortex-m0plus
    .thumb
    .section .start, "ax"
    .global _start, results
    .thumb_func
_start:
    b   start
    .balign 32
results:
    .word 0, 0, 0, 0

    .thumb_func
start:
    ldr r0, =stack_top
    mov sp, r0
    ldr r0, =bss_start
    ldr r1, =bss_end
    movs r2, #0
clear:
    cmp r0, r1
    bhs cleared
    stm r0!, {r2}
    b   clear
cleared:
    bl  mix
    bkpt #0
    .ltorg
