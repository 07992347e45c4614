/*
 * The smallest "os.bin": U-Boot jumps to it at 0x80000000. It says so on UART0, turns LED USR2
 * (GPIO 55) off, and then turns it over each time the button on GPIO 66 leaves its resting level.
 * It polls; the clocks and pins are as U-Boot has left them.
 */
    .syntax unified
    .arch armv7-a
    .arm

    .equ UART0, 0x44e09000      /* THR 0x00, LSR 0x14: TXFIFOE is bit 5 */
    .equ GPIO1, 0x4804c000
    .equ GPIO2, 0x481ac000
    .equ OE, 0x134
    .equ DATAIN, 0x138
    .equ DATAOUT, 0x13c
    .equ LED, 1 << 23           /* GPIO 55 is bank 1, pin 23 */
    .equ BUTTON, 1 << 2         /* GPIO 66 is bank 2, pin 2 */

    .global _start
_start:
    adr r0, greeting
    bl  say

    ldr r4, =GPIO1
    ldr r5, =GPIO2
    ldr r0, [r4, #DATAOUT]
    bic r0, r0, #LED
    str r0, [r4, #DATAOUT]
    ldr r0, [r4, #OE]
    bic r0, r0, #LED
    str r0, [r4, #OE]
    ldr r0, [r5, #DATAIN]
    and r6, r0, #BUTTON         /* r6: its resting level; r7: its level at the last look */
    mov r7, r6

poll:
    ldr r0, [r5, #DATAIN]
    and r0, r0, #BUTTON
    cmp r0, r7
    beq poll
    mov r7, r0
    cmp r0, r6
    beq poll
    ldr r1, [r4, #DATAOUT]
    eor r1, r1, #LED
    str r1, [r4, #DATAOUT]
    adr r0, pressed
    bl  say
    b   poll

say:                            /* r0: a text that ends with 0; changes r0 to r3 */
    ldr r3, =UART0
1:  ldrb r1, [r0], #1
    cmp r1, #0
    bxeq lr
2:  ldr r2, [r3, #0x14]
    tst r2, #1 << 5
    beq 2b
    str r1, [r3]
    b   1b

greeting:
    .asciz "\r\nSystem is up\r\n"
pressed:
    .asciz "pressed\r\n"
    .balign 4
    .ltorg
