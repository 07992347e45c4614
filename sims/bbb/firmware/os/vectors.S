/*
 * Exceptions. Each saves a struct frame (tasks.h) on the stack of its mode and calls C with it; C
 * gives back the frame to go on with: the same, or that of another task.
 */
#include "memory_map.h"
#include "fault_kinds.h"

    .syntax unified
    .arch armv7-a
    .arm
    .section .text.vectors, "ax"
    .balign 32
    .global vectors
vectors:
    b   vector_reset
    b   vector_undefined
    b   vector_call
    b   vector_prefetch
    b   vector_data
    b   vector_reset
    b   vector_irq
    b   vector_fiq

/* \back: from LR to the instruction to go on with, or that has faulted. */
.macro enter mode, back
    .if \back
    sub lr, lr, #\back
    .endif
    srsdb sp!, #\mode
    push {r0-r12}
    mrc p15, 0, r4, c9, c13, 0      /* PMCCNTR: when it began */
    sub sp, sp, #8
    stmia sp, {sp, lr}^             /* Of USR and SYS mode */
    push {r4}
    mov r0, sp
.endm

.macro fault name, mode, back, kind
\name:
    enter \mode, \back
    mov r1, #\kind
    bl  fault_dispatch
    b   leave
.endm

    fault vector_reset, MODE_SVC, 4, FAULT_RESET
    fault vector_undefined, MODE_UND, 4, FAULT_UNDEFINED
    fault vector_prefetch, MODE_ABT, 4, FAULT_PREFETCH
    fault vector_data, MODE_ABT, 8, FAULT_DATA
    fault vector_fiq, MODE_FIQ, 4, FAULT_FIQ

vector_call:
    enter MODE_SVC, 0
    bl  call_dispatch
    b   leave

vector_irq:
    enter MODE_IRQ, 4
    bl  irq_dispatch
    /* Falls through. */

leave:                              /* r0: the frame to go on with */
    clrex                           /* Another task's exclusive access must not succeed. */
    add sp, sp, #FRAME_SIZE
    add lr, r0, #4
    ldmia lr, {sp, lr}^
    add lr, lr, #8
    ldmia lr!, {r0-r12}
    rfeia lr

/* tasks_begin: goes on with a frame, for good. SVC mode, interrupts off. */
    .global frame_begin
frame_begin:
    ldr sp, =svc_stack
    sub sp, sp, #FRAME_SIZE
    b   leave

/*
 * int handler_call(function, gpio, level): calls an application's interrupt handler. IRQ mode. When
 * it faults, fault_dispatch goes on at handler_abandon, with the stack as it was here.
 */
    .global handler_call, handler_abandon
handler_call:
    push {r3-r11, lr}
    ldr r3, =handler_stack
    str sp, [r3]
    mov r12, r0
    mov r0, r1
    mov r1, r2
    blx r12
    mov r0, #0
    pop {r3-r11, pc}
handler_abandon:
    ldr r3, =handler_stack
    ldr sp, [r3]
    mvn r0, #0
    pop {r3-r11, pc}
    .ltorg

    .bss
    .balign 4
handler_stack:
    .word 0
