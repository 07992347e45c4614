/*
 * Interrupt entry and the switch between threads.
 *
 * Each vector pushes an error code (0 where the processor pushes none) and its number; the common
 * part pushes all registers, so that the stack is a struct interrupt_frame (interrupts.h).
 */
#define VECTORS 49
/* Vectors with an error code: 8, 10 to 14, 17, 21. */
#define HAS_ERROR_CODE 0x227d00

    .text
    .set vector, 0
    .rept VECTORS
    .balign 16
    .ifeq vector
    .globl vector_entries
vector_entries:
    .endif
    .ifeq (HAS_ERROR_CODE >> vector) & (vector < 32)
    pushq $0
    .endif
    pushq $vector
    jmp common
    .set vector, vector + 1
    .endr

common:
    pushq %rax
    pushq %rbx
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %rbp
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    cld
    mov %rsp, %rdi
    call interrupt
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rbp
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rbx
    popq %rax
    add $16, %rsp
    iretq

/* void switch_stacks(void **save, void *load): returns as the thread whose stack `load` is. */
    .globl switch_stacks
switch_stacks:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
