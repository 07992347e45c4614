/*
 * Entry, from U-Boot's `go`: SVC mode, with U-Boot's page table and caches on. Leaves them behind,
 * and goes to kernel_main with a stack for each mode and cleared .bss.
 */
#include "memory_map.h"

    .syntax unified
    .arch armv7-a
    .arch_extension sec
    .arm
    .section .start, "ax"
    .global _start
_start:
    cpsid aif, #MODE_SVC
    /* What U-Boot has loaded may still be in its data cache. No store until it is off. */
    bl  clean_data_caches
    mrc p15, 0, r0, c1, c0, 0       /* SCTLR */
    ldr r1, =0x72003807             /* TE AFE TRE EE V I Z C A M */
    bic r0, r0, r1
    mcr p15, 0, r0, c1, c0, 0
    isb
    /* Lines that were fetched ahead meanwhile would be older than what we store uncached. */
    bl  clean_data_caches
    mov r0, #0
    mcr p15, 0, r0, c7, c5, 0       /* ICIALLU */
    mcr p15, 0, r0, c7, c5, 6       /* BPIALL */
    mcr p15, 0, r0, c8, c7, 0       /* TLBIALL */
    dsb
    isb

    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0      /* VBAR */
    cps #MODE_IRQ
    ldr sp, =irq_stack
    cps #MODE_ABT
    ldr sp, =abt_stack
    cps #MODE_UND
    ldr sp, =und_stack
    cps #MODE_FIQ
    ldr sp, =fiq_stack
    cps #MODE_SVC
    ldr sp, =svc_stack

    ldr r0, =bss_start
    ldr r1, =bss_end
    mov r2, #0
1:  cmp r0, r1
    strlo r2, [r0], #4
    blo 1b
    bl  kernel_main
2:  b   2b

/*
 * All levels to memory, by set and way (ARM ARM B2.2.7, example code). No stack; changes r0-r11.
 * L1 and L2 of the Cortex-A8 are found by CLIDR.
 */
clean_data_caches:
    dmb
    mrc p15, 1, r0, c0, c0, 1       /* CLIDR */
    ands r3, r0, #0x07000000
    lsr r3, r3, #23                 /* Level of coherency × 2 */
    beq 5f
    mov r10, #0
1:  add r2, r10, r10, lsr #1
    lsr r1, r0, r2
    and r1, r1, #7
    cmp r1, #2
    blt 4f                          /* No data cache at this level */
    mcr p15, 2, r10, c0, c0, 0      /* CSSELR */
    isb
    mrc p15, 1, r1, c0, c0, 0       /* CCSIDR */
    and r2, r1, #7
    add r2, r2, #4                  /* log2 of the line */
    movw r4, #0x3ff
    ands r4, r4, r1, lsr #3         /* Ways - 1 */
    clz r5, r4
    movw r7, #0x7fff
    ands r7, r7, r1, lsr #13        /* Sets - 1 */
2:  mov r9, r4
3:  orr r11, r10, r9, lsl r5
    orr r11, r11, r7, lsl r2
    mcr p15, 0, r11, c7, c14, 2     /* DCCISW */
    subs r9, r9, #1
    bge 3b
    subs r7, r7, #1
    bge 2b
4:  add r10, r10, #2
    cmp r3, r10
    bgt 1b
5:  mov r10, #0
    mcr p15, 2, r10, c0, c0, 0
    dsb
    isb
    bx  lr
    .ltorg
