/* What the compiler calls and C cannot say (ARM run-time ABI, IHI 0043). */
    .syntax unified
    .arch armv7-a
    .arm
    .text
    .global __aeabi_uldivmod
__aeabi_uldivmod:                   /* r1:r0 / r3:r2 = r1:r0, rest r3:r2 */
    push {r4, lr}
    sub sp, sp, #16
    add r4, sp, #8
    str r4, [sp]
    bl  divide64
    ldrd r2, r3, [sp, #8]
    add sp, sp, #16
    pop {r4, pc}

    .global __aeabi_memcpy, __aeabi_memcpy4, __aeabi_memcpy8
__aeabi_memcpy:
__aeabi_memcpy4:
__aeabi_memcpy8:
    b   memcpy

    .global __aeabi_memclr, __aeabi_memclr4, __aeabi_memclr8
__aeabi_memclr:
__aeabi_memclr4:
__aeabi_memclr8:
    mov r2, r1
    mov r1, #0
    b   memset

    .global __aeabi_memset, __aeabi_memset4, __aeabi_memset8
__aeabi_memset:
__aeabi_memset4:
__aeabi_memset8:
    mov r3, r1                      /* Its arguments are the other way round. */
    mov r1, r2
    mov r2, r3
    b   memset
