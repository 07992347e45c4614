/* What every application begins with (../loader.h), and a test of the switch between tasks. */
    .syntax unified
    .arch armv7-a
    .arm
    .section .header, "ax"
    .ascii "1APP"
    .word _start, text_end, image_end, bss_end
    .ascii NAME
    .zero 12 - NAME_SIZE

    .text
    .global _start
_start:                             /* USR mode, sp at the top of the stack. */
    bl  main
1:  b   1b

/*
 * int state_survives(rounds, seed): fills registers with numbers that follow each other, and a word
 * of its memory with the first of them; lets time pass, looking whether memory is still its own; and
 * says whether all is as it was.
 */
    .global state_survives
state_survives:
    push {r4-r11, lr}
    add r2, r1, #1
    add r3, r1, #2
    add r4, r1, #3
    add r5, r1, #4
    add r6, r1, #5
    add r7, r1, #6
    add r8, r1, #7
    add r9, r1, #8
    add r10, r1, #9
    add r11, r1, #10
    ldr lr, =own
    str r1, [lr]
1:  ldr r12, [lr]
    cmp r12, r1
    bne 2f
    subs r0, r0, #1
    bne 1b
.macro follows register, by
    sub \register, \register, r1
    eor \register, \register, #\by
    orr r0, r0, \register
.endm
    follows r2, 1
    follows r3, 2
    follows r4, 3
    follows r5, 4
    follows r6, 5
    follows r7, 6
    follows r8, 7
    follows r9, 8
    follows r10, 9
    follows r11, 10
    ldr r12, =own
    sub lr, lr, r12
    orr r0, r0, lr
2:  cmp r0, #0
    moveq r0, #1
    movne r0, #0
    pop {r4-r11, pc}
    .ltorg

    .bss
    .balign 4
own:
    .word 0
